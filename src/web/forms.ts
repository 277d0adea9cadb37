import { bodyLimit } from 'hono/body-limit'
import { isSameSecret } from '../sign-in/keys.ts'
import { HttpError } from './http-errors.ts'
import type { Onlooker } from './onlooker.ts'
import type { RequestContext } from './site.ts'

/** The fields of a form that this user's own page sent: a page of another site does not know the token in it. */
export async function expectOwnForm(
  context: RequestContext,
  { user }: Onlooker,
): Promise<Readonly<Record<string, string>>> {
  const fields = await context.req.parseBody().catch(() => ({}))
  const texts = Object.entries(fields).filter((field): field is [string, string] => typeof field[1] === 'string')
  const form = Object.fromEntries(texts)
  if (user === null || !isSameSecret(form.token ?? '', user.formToken))
    throw new HttpError(403, 'This form is not from this board, or its sign-in has ended: open the page again.')
  return form
}

/** No form of ours comes near it. */
export const limitForm = bodyLimit({
  maxSize: 16_384,
  onError() {
    throw new HttpError(413, 'This form is too large: send it from the page itself.')
  },
})

/** Answers every other method at the address of a form; `goTo` says where the form is. */
export function onlyPost(goTo = 'go to /account'): () => never {
  return () => {
    throw new HttpError(405, `This address is for forms: ${goTo}.`, 'POST')
  }
}
