/**
 * Aliyun (Dysmsapi 2017-05-25) through its SDK for RPC-style products. Delivery reports and replies are pushed by the vendor over
 * HTTP (SmsReport, SmsUp).
 */
import type { ChannelCapabilities, Refusal, SendOutcome } from '../domain/messaging/channel.ts';
import type { Secret } from '../domain/secret.ts';
import { createVendorChannel, variablesFor, type ReceivingChannel, type RegisteredText } from './vendor.ts';

export interface AliyunSettings {
  readonly name: string;
  readonly capabilities: Omit<ChannelCapabilities, 'receipts' | 'templateIds' | 'idempotent'>;
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: Secret;
  readonly signature: string;
  readonly texts: readonly RegisteredText[];
  /** Secret in the addresses to which receipts and replies are pushed. */
  readonly receiptToken: Secret | undefined;
  readonly patience: number;
}

interface Reply {
  readonly Code?: string;
  readonly BizId?: string;
}

/** By the vendor's error codes; errors of the account or the vendor are not faults of the message. */
const refusals: Readonly<Record<string, Refusal>> = {
  'isv.MOBILE_NUMBER_ILLEGAL': 'wrong-number',
  'isv.MOBILE_COUNT_OVER_LIMIT': 'wrong-number',
  'isv.BLACK_KEY_CONTROL_LIMIT': 'blocked-text',
  'isv.SMS_CONTENT_ILLEGAL': 'blocked-text',
  'isv.PARAM_NOT_SUPPORT_URL': 'blocked-text',
  'isv.PARAM_LENGTH_LIMIT': 'blocked-text',
  'isv.CONTENT_KEYWORD_CONTROL': 'blocked-text',
  'isv.UNSUBSCRIBE': 'opted-out',
  'isv.TEMPLATE_MISSING_PARAMETERS': 'rejected',
  'isv.TEMPLATE_PARAMS_ILLEGAL': 'rejected',
  'isv.INVALID_JSON_PARAM': 'rejected',
  'isv.INVALID_PARAMETERS': 'rejected',
};
const throttled =
  /^(?:Throttling|isv\.BUSINESS_LIMIT_CONTROL|isv\.DAY_LIMIT_CONTROL|isv\.MONTH_LIMIT_CONTROL)/;

export function createAliyunChannel(settings: AliyunSettings): ReceivingChannel {
  const { capabilities, receiptToken } = settings;
  let client:
    Promise<{ request<T>(action: string, parameters: object, options: object): Promise<T> }> | undefined;

  async function connect() {
    const { default: Client } = await import('@alicloud/pop-core');
    return new Client({
      endpoint: settings.endpoint,
      apiVersion: '2017-05-25',
      accessKeyId: settings.accessKeyId,
      accessKeySecret: settings.accessKeySecret.reveal(),
    });
  }

  return createVendorChannel({
    name: settings.name,
    kind: 'aliyun',
    capabilities: {
      ...capabilities,
      receipts: receiptToken !== undefined,
      templateIds: true,
      idempotent: false,
    },
    registered: settings.texts,
    signature: settings.signature,
    async submit(message, registered, segments): Promise<SendOutcome> {
      const parameters = {
        PhoneNumbers: message.to,
        SignName: settings.signature,
        TemplateCode: registered.id,
        TemplateParam: JSON.stringify(variablesFor(registered, message)),
        OutId: message.id,
      };
      try {
        const sdk = await (client ??= connect());
        const reply = await sdk.request<Reply>('SendSms', parameters, {
          method: 'POST',
          timeout: settings.patience,
        });
        // Something else answered instead of the vendor, and may have forwarded the request.
        if (reply.Code !== 'OK') return { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: true };
        return { kind: 'accepted', providerId: reply.BizId, segments };
      } catch (error) {
        const { code, data } = error as { readonly code?: unknown; readonly data?: unknown };
        // A system error also has a code, but no response of the vendor.
        if (typeof code !== 'string' || data === undefined) throw error;
        return outcomeOf(code);
      }
    },
    pushed: {
      secret: receiptToken,
      receipts: {
        id: 'biz_id',
        state: 'err_code',
        states: {
          DELIVERED: 'delivered',
          DELIVRD: 'delivered',
          MOBILE_NOT_ON_SERVICE: 'wrong-number',
          'MK:0000': 'wrong-number',
          'MK:0001': 'wrong-number',
          MOBILE_IN_BLACK: 'opted-out',
          MOBILE_IN_BLACKLIST: 'opted-out',
          EXPIRED: 'expired',
        },
        otherwise: 'failed',
      },
      replies: { from: 'phone_number', text: 'content' },
      answer: { code: 0, msg: 'OK' },
    },
  });
}

function outcomeOf(code: string): SendOutcome {
  const reason = refusals[code];
  if (reason !== undefined) return { kind: 'refused', reason };
  if (throttled.test(code))
    return { kind: 'retry', reason: 'throttled', afterMs: 60_000, mayHaveBeenSent: false };
  // isp: the vendor's own error, after it has accepted the request.
  return { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: /^(?:isp\.|InternalError)/.test(code) };
}
