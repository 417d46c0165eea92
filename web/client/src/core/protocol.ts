/** Short names for the generated types of the protocol (docs/PROTOCOL.md). */
import type { components } from "./messages";

type S = components["schemas"];

export type ServerMessage = S["ServerMessage"];
export type ClientMessage = S["ClientMessage"];
export type Act = S["Act"];
/** ActBody is an act before the link gives it its id. */
export type ActBody = Act extends infer A ? (A extends Act ? Omit<A, "id"> : never) : never;
export type Ok = S["MsgOK"];
export type Welcome = S["MsgSessionWelcome"];

export type AgendaView = S["AgendaView"];
export type AgendaItemView = S["AgendaItemView"];
export type SittingHead = S["SittingHead"];
export type RollCallView = S["RollCallView"];
export type QueueView = S["QueueView"];
export type RecordingView = S["RecordingView"];
export type RecordingLight = S["RecordingLight"];
export type QueueEntry = S["QueueEntry"];
export type FloorView = S["FloorView"];
export type FloorHolder = S["FloorHolder"];
export type BallotView = S["BallotView"];
export type BallotDoc = S["BallotDoc"];
export type Result = S["Result"];
export type MessagesView = S["MessagesView"];
export type MessageItem = S["MessageItem"];
export type PeopleView = S["PeopleView"];
export type PersonView = S["PersonView"];
export type SelfView = S["SelfView"];
export type Role = S["Role"];
export type Audience = S["Audience"];
export type TurnKind = S["TurnKind"];
export type PresenceState = S["PresenceState"];
export type VoteTemplate = S["VoteTemplate"];
export type MediaWant = S["MediaWant"];
export type MediaStats = S["MediaStats"];
export type MediaLines = S["MediaLines"];
export type Line = S["Line"];
export type UpLine = S["UpLine"];
export type HallLine = S["HallLine"];
export type SourceInfo = S["SourceInfo"];
export type VideoSlot = S["VideoSlot"];
export type PC = "sub" | "pub";
export type Profile = "member" | "audience";
export type Fraction = S["Fraction"];
export type QuorumView = S["QuorumView"];
export type RollCallRow = S["RollCallRow"];
export type SittingState = S["SittingState"];
export type OptionResult = S["OptionResult"];
export type Published = S["Published"];
export type Person = S["Person"];
export type Base = S["Base"];
export type BallotBrief = S["BallotBrief"];
export type CitizenView = S["CitizenView"];
export type GatePolicy = S["GatePolicy"];
