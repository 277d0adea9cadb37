/** The credential is none, or no longer one: whoever sends it must sign in. */
export class SignInRequired extends Error {
  override readonly name = 'SignInRequired'
}

/** GitHub has not said what the user may see, so nothing is shown. */
export class AccessUnknown extends Error {
  override readonly name = 'AccessUnknown'
}
