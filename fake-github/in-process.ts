// This GitHub for a client in the same process: no socket, and no time passes.
import { type Api, type Outcome, textOf } from './api.ts'

/** A `fetch` that reaches nothing else. A hanging request times out at once; one of a dead process never ends. */
export function openInProcessFetch(api: Api): typeof fetch {
  return async (input, init) => {
    const { method, url, headers, body } =
      init?.body || typeof input !== 'string' ? await readRequest(input, init) : bare(input, init)
    const outcome = await api.respond({ method, url: new URL(url), headers, body })
    // As over a socket, timers and other callbacks run before the answer arrives.
    await new Promise(setImmediate)
    return toResponse(outcome)
  }
}

function bare(url: string, init: RequestInit | undefined) {
  return { method: init?.method ?? 'GET', url, headers: new Headers(init?.headers), body: '' }
}

async function readRequest(input: string | URL | Request, init: RequestInit | undefined) {
  const request = new Request(input, init)
  return { method: request.method, url: request.url, headers: request.headers, body: await request.text() }
}

function toResponse(outcome: Outcome): Response | Promise<Response> {
  switch (outcome) {
    case 'reset':
      throw failedFetch('ECONNRESET', 'read ECONNRESET')
    case 'unreachable':
      throw failedFetch('ECONNREFUSED', 'connect ECONNREFUSED')
    case 'no-dns':
      throw failedFetch('EAI_AGAIN', 'getaddrinfo EAI_AGAIN api.github.com')
    case 'hang':
      throw new DOMException('The operation was aborted due to timeout', 'TimeoutError')
    case 'crash':
      return new Promise(() => undefined)
    default: {
      const { text, type } = textOf(outcome)
      const headers = { 'content-type': type, ...outcome.headers }
      return new Response(outcome.status === 204 || outcome.status === 304 ? null : text, {
        status: outcome.status,
        headers,
      })
    }
  }
}

// As undici throws it.
function failedFetch(code: string, message: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) })
}
