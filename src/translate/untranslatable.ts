/** A payload that we act on or an answer that we asked for, but cannot read. The message names the field and never quotes the payload. */
export class UntranslatablePayload extends Error {
  override readonly name = 'UntranslatablePayload'
}
