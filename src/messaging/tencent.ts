/** Tencent Cloud (SMS 2021-01-11) through its SDK. Delivery reports and replies are pushed by the vendor over HTTP. */
import type { ChannelCapabilities, Refusal, SendOutcome } from '../domain/messaging/channel.ts';
import type { Secret } from '../domain/secret.ts';
import { createVendorChannel, variablesFor, type ReceivingChannel, type RegisteredText } from './vendor.ts';

export interface TencentSettings {
  readonly name: string;
  readonly capabilities: Omit<ChannelCapabilities, 'receipts' | 'templateIds' | 'idempotent'>;
  readonly endpoint: string;
  readonly region: string;
  readonly secretId: string;
  readonly secretKey: Secret;
  readonly appId: string;
  readonly signature: string;
  readonly texts: readonly RegisteredText[];
  /** Secret in the addresses to which receipts and replies are pushed. */
  readonly receiptToken: Secret | undefined;
  readonly patience: number;
}

const refusals: Readonly<Record<string, Refusal>> = {
  'InvalidParameterValue.IncorrectPhoneNumber': 'wrong-number',
  'UnsupportedOperation.UnsupportedRegion': 'wrong-number',
  'FailedOperation.PhoneNumberInBlacklist': 'opted-out',
  'FailedOperation.ContainSensitiveWord': 'blocked-text',
  'InvalidParameterValue.ProhibitedUseUrlInTemplateParameter': 'blocked-text',
  'InvalidParameterValue.TemplateParameterLengthLimit': 'blocked-text',
  'InvalidParameterValue.TemplateParameterFormatError': 'blocked-text',
  'FailedOperation.TemplateParamSetNotMatchApprovedTemplate': 'rejected',
  'FailedOperation.TemplateIncorrectOrUnapproved': 'rejected',
  'FailedOperation.SignatureIncorrectOrUnapproved': 'rejected',
};

export function createTencentChannel(settings: TencentSettings): ReceivingChannel {
  const { capabilities, receiptToken } = settings;
  const { protocol, host } = new URL(settings.endpoint);
  const connect = async () => {
    const { sms } = await import('tencentcloud-sdk-nodejs-sms');
    return new sms.v20210111.Client({
      credential: { secretId: settings.secretId, secretKey: settings.secretKey.reveal() },
      region: settings.region,
      profile: {
        httpProfile: {
          endpoint: host,
          protocol: `${protocol}//`,
          reqTimeout: Math.ceil(settings.patience / 1000),
        },
      },
    });
  };
  let client: ReturnType<typeof connect> | undefined;

  return createVendorChannel({
    name: settings.name,
    kind: 'tencent',
    capabilities: {
      ...capabilities,
      receipts: receiptToken !== undefined,
      templateIds: true,
      idempotent: false,
    },
    registered: settings.texts,
    signature: settings.signature,
    async submit(message, registered, segments): Promise<SendOutcome> {
      try {
        const sdk = await (client ??= connect());
        const reply = await sdk.SendSms({
          PhoneNumberSet: [`+86${message.to}`],
          SmsSdkAppId: settings.appId,
          SignName: settings.signature,
          TemplateId: registered.id,
          TemplateParamSet: Object.values(variablesFor(registered, message)),
          SessionContext: message.id,
        });
        const [status] = reply.SendStatusSet ?? [];
        // Something else answered instead of the vendor, and may have forwarded the request.
        if (status?.Code === undefined)
          return { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: true };
        if (status.Code !== 'Ok') return outcomeOf(status.Code);
        const id = status.SerialNo;
        return { kind: 'accepted', providerId: id === undefined || id === '' ? undefined : id, segments };
      } catch (error) {
        const { code, requestId } = error as { readonly code?: unknown; readonly requestId?: unknown };
        if (typeof code !== 'string' || typeof requestId !== 'string' || requestId === '') throw error;
        return outcomeOf(code);
      }
    },
    pushed: {
      secret: receiptToken,
      receipts: {
        id: 'sid',
        state: 'errmsg',
        states: {
          DELIVRD: 'delivered',
          'MK:0000': 'wrong-number',
          'MK:0001': 'wrong-number',
          'MN:0001': 'wrong-number',
          EXPIRED: 'expired',
        },
        otherwise: 'failed',
      },
      replies: { from: 'mobile', text: 'text' },
      answer: { result: 0, errmsg: 'OK' },
    },
  });
}

function outcomeOf(code: string): SendOutcome {
  const reason = refusals[code];
  if (reason !== undefined) return { kind: 'refused', reason };
  if (/^(?:LimitExceeded|RequestLimitExceeded)/.test(code))
    return { kind: 'retry', reason: 'throttled', afterMs: 60_000, mayHaveBeenSent: false };
  return { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: code.startsWith('InternalError') };
}
