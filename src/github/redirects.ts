// A repository that was renamed or moved redirects to its id. The same request is sent there: fetch alone would turn a POST
// into a GET.

const REDIRECTS = new Set([301, 302, 307, 308])
/** A name leads to an id, and from there to the repository: more is a circle. */
const MAX_HOPS = 3

/**
 * Sends again what is redirected, with its method, headers and body, to `origin` alone: the token is for nobody else. With
 * `origin` null, or for any other redirect, the redirect itself is the answer.
 */
export function followingRedirects(send: typeof fetch, origin: string | null, followed: () => void): typeof fetch {
  return async (input, init) => {
    let url = new URL(input instanceof Request ? input.url : input)
    for (let hops = 0; ; hops++) {
      const response = await send(url.href, { ...init, redirect: 'manual' })
      const next = redirectTarget(response, url)
      if (next === null || next.origin !== origin || hops === MAX_HOPS) return response
      await response.body?.cancel()
      followed()
      url = next
    }
  }
}

function redirectTarget({ status, headers }: Response, from: URL): URL | null {
  const location = headers.get('location')
  return REDIRECTS.has(status) && location !== null && URL.canParse(location, from.href)
    ? new URL(location, from)
    : null
}
