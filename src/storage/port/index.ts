/**
 * The storage port: whole asynchronous operations on structured-cloneable data (design 1). Each operation is one transaction,
 * atomic and durable when its promise resolves, unless its comment says otherwise. Operations that take a `Stamp` change state
 * and write their entry of the audit trail in the same transaction. Decisions inside an operation are pure functions of the
 * domain that the adapter calls. Errors are AppErrors of the stated kinds; anything else is a bug or a broken disk. Nothing here
 * assumes a single process.
 */
import type { AnswerReader, AnswerWriter } from './answer.ts';
import type { AuditReader, AuditWriter } from './audit.ts';
import type { CampaignReader, CampaignWriter } from './campaign.ts';
import type { CanaryReader, CanaryWriter } from './canary.ts';
import type { ClosingReader, ClosingWriter } from './closing.ts';
import type { CodeReader, CodeWriter } from './code.ts';
import type { CountReader, CountWriter } from './count.ts';
import type { DivisionReader, DivisionWriter } from './division.ts';
import type { DrawReader, DrawWriter } from './draw.ts';
import type { EvidenceReader, EvidenceWriter } from './evidence.ts';
import type { ExpiryReader, ExpiryWriter } from './expiry.ts';
import type { FrameReader, FrameWriter } from './frame.ts';
import type { InspectionReader, InspectionWriter } from './inspection.ts';
import type { ImportReader, ImportWriter } from './import.ts';
import type { HandInReader, HandInWriter } from './hand-in.ts';
import type { RollFileReader, RollFileWriter } from './roll-file.ts';
import type { UploadLinkReader, UploadLinkWriter } from './upload-link.ts';
import type { LinkReader, LinkWriter } from './link.ts';
import type { LogKeyReader, LogKeyWriter } from './log-key.ts';
import type { MessageReader, MessageWriter } from './message.ts';
import type { MoveReader, MoveWriter } from './move.ts';
import type { OutboxReader, OutboxWriter } from './outbox.ts';
import type { ProposalReader, ProposalWriter } from './proposal.ts';
import type { SchoolReader, SchoolWriter } from './school.ts';
import type { ServiceTimeReader, ServiceTimeWriter } from './service-time.ts';
import type { SessionReader, SessionWriter } from './session.ts';
import type { SettingsReader, SettingsWriter } from './settings.ts';
import type { TemplateReader, TemplateWriter } from './template.ts';
import type { TrailReader, TrailWriter } from './trail.ts';
import type { UserReader, UserWriter } from './user.ts';
import type { WitnessReader, WitnessWriter } from './witness.ts';
import type { StorageMaintenance } from './maintenance.ts';

/** What changes nothing. */
export interface StorageReader
  extends
    LogKeyReader,
    UserReader,
    SessionReader,
    DivisionReader,
    CampaignReader,
    ProposalReader,
    SchoolReader,
    ImportReader,
    UploadLinkReader,
    RollFileReader,
    HandInReader,
    FrameReader,
    CanaryReader,
    DrawReader,
    CodeReader,
    MessageReader,
    OutboxReader,
    LinkReader,
    AnswerReader,
    CountReader,
    ClosingReader,
    ExpiryReader,
    EvidenceReader,
    AuditReader,
    WitnessReader,
    InspectionReader,
    TemplateReader,
    TrailReader,
    ServiceTimeReader,
    SettingsReader,
    MoveReader {}

/** Operations that change state: each is one transaction, or a repeatable sequence of them. */
export interface StorageWriter
  extends
    LogKeyWriter,
    UserWriter,
    SessionWriter,
    DivisionWriter,
    CampaignWriter,
    ProposalWriter,
    SchoolWriter,
    ImportWriter,
    UploadLinkWriter,
    RollFileWriter,
    HandInWriter,
    FrameWriter,
    DrawWriter,
    CanaryWriter,
    CodeWriter,
    MessageWriter,
    OutboxWriter,
    LinkWriter,
    AnswerWriter,
    CountWriter,
    ClosingWriter,
    ExpiryWriter,
    EvidenceWriter,
    AuditWriter,
    WitnessWriter,
    InspectionWriter,
    TemplateWriter,
    TrailWriter,
    ServiceTimeWriter,
    SettingsWriter,
    MoveWriter {}

export interface Storage extends StorageReader, StorageWriter, StorageMaintenance {}
