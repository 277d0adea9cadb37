/** What a message of the stream changes, and how. */
export function targetsOf(html: string): readonly string[] {
  return [...html.matchAll(/<hx-partial hx-target="(#[\w-]+)" hx-swap="(\w+)">/g)].map(
    ([, id, swap]) => `${id} ${swap}`,
  )
}
