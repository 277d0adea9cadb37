/** A delivery we act on, but whose payload we cannot read. The message names the field and never quotes the payload. */
export class Untranslatable extends Error {
  override readonly name = 'Untranslatable'
}
