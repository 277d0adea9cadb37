// A browser for tests of signing in: it keeps cookies, follows nothing by itself, and remembers every answer.
import type { FakeGitHub } from './fake-github.ts'

export type Answer = { readonly status: number; readonly text: string; readonly headers: Headers }

export type Visitor = {
  /** Name → value; a test may steal, forge and plant them. */
  readonly cookies: Map<string, string>
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  /** Sends a form. */
  post(path: string, form: Readonly<Record<string, string>>): Promise<Answer>
  /** Signs in at GitHub as that person; resolves to the last answer, which leads to `to`. */
  signIn(login: string, to?: string): Promise<Answer>
  /** The value that this visitor's forms carry. */
  formToken(): Promise<string>
  cookieHeader(): Record<string, string>
}

/** Opens a browser at a process's pages, which links name by `baseUrl`. */
export function openVisitor(o: { url: string; baseUrl: string; github: FakeGitHub }): Visitor {
  const cookies = new Map<string, string>()

  const cookieHeader = (): Record<string, string> =>
    cookies.size === 0 ? {} : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }

  async function send(path: string, init: RequestInit): Promise<Answer> {
    const headers = { ...cookieHeader(), ...(init.headers as Record<string, string>) }
    const response = await fetch(o.url + path.replace(o.baseUrl, ''), { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return { status: response.status, text: await response.text(), headers: response.headers }
  }

  const get = (path: string, headers: Record<string, string> = {}) => send(path, { headers })
  return {
    cookies,
    cookieHeader,
    get,
    post: (path, form) => send(path, { method: 'POST', body: new URLSearchParams(form) }),
    async signIn(login, to = '/') {
      const started = await get(`/login?to=${encodeURIComponent(to)}`)
      return await get(await o.github.authorize(started.headers.get('location') ?? '', login))
    },
    async formToken() {
      return /name="token" value="([^"]+)"/.exec((await get('/account')).text)?.[1] ?? ''
    },
  }
}
