import type { IGateServices, Log } from '../daemon/ports';
import type { Caller } from '../protocol/caller';
import { refusal, sentenceOf, type Refusal } from '../protocol/errors';
import { GATE_PROTOCOLS } from '../protocol/gate';
import type { Handler } from './handler';
import { launchEnvironment } from './environment';
import { parseLine, shownLine, type Message, type MessageOf } from './parse';
import type { GateUser, IChannel } from './records';

/** The state of a conversation. */
type SessionState =
  /** Launchers stay in this state: they need no hello. */
  | { readonly state: 'new' }
  | { readonly state: 'greeted'; readonly holderId: string }
  | { readonly state: 'closed' };

/** What a conversation needs. */
export type SessionParts = {
  readonly services: IGateServices;
  readonly handler: Handler;
  readonly channel: IChannel;
  /** The user at the other end. */
  readonly caller: Caller;
  readonly user: GateUser;
  readonly log: Log;
};

/** One connection's conversation: each line is answered before the next is read. */
export class Session {
  private at: SessionState = { state: 'new' };
  /** Whether the last line was refused. */
  private hasObjected = false;

  private readonly services: IGateServices;
  private readonly handler: Handler;
  private readonly channel: IChannel;

  constructor(private readonly parts: SessionParts) {
    ({ services: this.services, handler: this.handler, channel: this.channel } = parts);
  }

  /** Whether a gate has said hello here. */
  get isGreeted(): boolean {
    return this.at.state === 'greeted';
  }

  /**
   * Process one line of so many bytes; a bug of ours ends neither it nor the sidecar. Returns
   * whether it was useful: a claim is, however it is answered; a line answered by `problem` is not.
   */
  hear(line: string, bytes: number): boolean {
    if (this.at.state === 'closed') {
      return false;
    }
    this.hasObjected = false;
    try {
      this.answer(line, bytes);
    } catch (mistake) {
      const why = mistake instanceof Error ? mistake.stack : String(mistake);
      this.parts.log('error', `a mistake in answering ${shownLine(line)}: ${why}`);
      this.object(refusal('INTERNAL', { what: 'a message could not be answered' }));
    }
    return !this.hasObjected;
  }

  private answer(line: string, bytes: number): void {
    const parsed = parseLine(line);
    if ('message' in parsed) {
      this.take(parsed.message, bytes);
    } else if (parsed.claimId === null) {
      this.object(parsed.refusal);
    } else {
      const message = sentenceOf(parsed.refusal);
      this.channel.send({ type: 'refused', id: parsed.claimId, message, ...parsed.refusal });
    }
  }

  /** The connection is lost, or nothing more is read from it. */
  close(): void {
    if (this.at.state === 'greeted') {
      this.handler.disconnect(this.at.holderId, this.channel);
    }
    this.at = { state: 'closed' };
  }

  /** Report that a line was refused; nothing changed. */
  object(why: Refusal): void {
    this.hasObjected = true;
    this.channel.send({ type: 'problem', message: sentenceOf(why), ...why });
  }

  private take(message: Message, bytes: number): void {
    switch (message.type) {
      case 'prepare':
      case 'ended': {
        const why = this.services.registrar.whyNotSpeak(
          message.holderId,
          message.token,
          this.parts.caller
        );
        return why ? this.object(why) : this.takeLaunch(message);
      }
      case 'register':
        return this.register(message);
      case 'hello':
        return this.hello(message, bytes);
      default:
        return this.at.state === 'greeted'
          ? this.takeGreeted(this.at.holderId, message, bytes)
          : this.object(refusal('OUT_OF_ORDER', { type: message.type }));
    }
  }

  private takeLaunch(message: MessageOf<'prepare' | 'ended'>): void {
    const { type, holderId } = message;
    const { registrar } = this.services;
    if (type === 'ended') {
      registrar.endLaunch(holderId);
      return this.channel.send({ type: 'gone', message: this.handler.ended(holderId) });
    }
    const why = registrar.launch(holderId, message.notebook, this.parts.caller);
    if (why) {
      return this.object(why);
    }
    this.handler.prepare(holderId);
    const env = launchEnvironment(this.services.node.gpus.length > 0);
    this.channel.send({ type: 'launch', env });
  }

  private takeGreeted(
    holderId: string,
    message: MessageOf<'claim' | 'cancel' | 'release'>,
    bytes: number
  ): void {
    if (message.type === 'claim') {
      return this.handler.claim(holderId, this.channel, message, bytes);
    }
    const why =
      message.type === 'cancel'
        ? this.handler.cancel(holderId, message.id)
        : this.handler.release(holderId, message);
    if (why) {
      this.object(why);
    }
  }

  private register({ type: _, token, ...process }: MessageOf<'register'>): void {
    const why = this.services.registrar.arrive(
      { ...process, gated: false },
      token,
      this.parts.caller
    );
    if (why) {
      return this.object(why);
    }
    // A holder without a gate gets no hello: the next sidecar must find it on disk.
    const tell = () =>
      this.channel.send({ type: 'registered', tier: this.services.node.tier.name });
    void this.services.holderStore.saved.then(tell);
  }

  private whyNotGreet(holderId: string, protocol: number): string | null {
    if (!GATE_PROTOCOLS.includes(protocol)) {
      return `protocol ${protocol} is not supported here, only ${GATE_PROTOCOLS.join(' and ')}`;
    }
    return this.at.state === 'greeted' && this.at.holderId !== holderId
      ? `this connection already speaks for ${this.at.holderId}; each holder needs its own`
      : null;
  }

  private hello(message: MessageOf<'hello'>, bytes: number): void {
    const { type: _, protocol, saidMs, holdings: told, token, ...process } = message;
    const { holderId } = process;
    const what = this.whyNotGreet(holderId, protocol);
    const why = what
      ? refusal('LINE_INVALID', { what })
      : this.services.registrar.arrive({ ...process, gated: true }, token, this.parts.caller);
    if (why) {
      return this.object(why);
    }
    this.at = { state: 'greeted', holderId };
    const { failure, node } = this.services;
    const tier = node.tier.name;
    this.channel.send({ type: 'welcome', protocol, tier, failure });
    const lateMs = saidMs === null ? 0 : sinceMonotone(saidMs);
    const holdings = told.map(it => ({ ...it, agoMs: it.agoMs + lateMs }));
    this.handler.connect(process, this.parts, holdings, bytes);
  }
}

/** A longer delay means another clock: that of a container with its own time namespace. */
const LATE_MAX_MS = 60_000;

/** How long ago something was sent; Node's clock is the machine's monotonic one. */
function sinceMonotone(saidMs: number): number {
  const lateMs = Number(process.hrtime.bigint()) / 1e6 - saidMs;
  return lateMs > 0 && lateMs < LATE_MAX_MS ? lateMs : 0;
}
