// GitHub redirects what is called by a name that a repository no longer has.
import { describe, expect, test } from 'vitest'
import type { RepositoryAccess } from '../../src/github/request.ts'
import { API, failureOf, openTestClient, REPOSITORY } from './support/nock-github.ts'

type Call = {
  readonly method: string
  readonly url: string
  readonly authorization: string | null
  readonly body: unknown
}

/** A client whose repository calls are answered by `answer`. */
function openClient(answer: (call: Call) => Response) {
  const calls: Call[] = []
  const moved: RepositoryAccess[] = []
  const github = openTestClient({
    onMoved: (access) => moved.push(access),
    async fetch(input, init) {
      const url = String(input)
      if (url.endsWith('/access_tokens'))
        return Response.json({ token: 'ghs_x', expires_at: '2099-01-01T00:00:00Z', permissions: {} }, { status: 201 })
      const authorization = new Headers(init?.headers).get('authorization')
      const call = { method: init?.method ?? 'GET', url, authorization, body: init?.body ?? null }
      calls.push(call)
      return answer(call)
    },
  })
  return { github, calls, moved }
}

const redirect = (status: number, location: string) => new Response('{}', { status, headers: { location } })

/** By the old name a redirect to `target`, anywhere else what was asked for. */
const moving = (status: number, target: string) => (call: Call) =>
  call.url.includes('/repos/')
    ? redirect(status, target)
    : Response.json({ id: 7 }, { status: call.method === 'POST' ? 201 : 200 })

describe.each([301, 302, 307, 308])('a redirect with %i', (status) => {
  test('of a creation is followed with the same method, body and token, and the move is made known', async () => {
    const { github, calls, moved } = openClient(moving(status, `${API}/repositories/501/issues/42/comments`))
    expect(await github.createComment(REPOSITORY, 42, 'body')).toBe(7)
    expect(calls.map(({ method, body, authorization }) => [method, body, authorization])).toEqual(
      Array.from({ length: 2 }, () => ['POST', '{"body":"body"}', 'token ghs_x']),
    )
    expect(moved).toEqual([REPOSITORY])
  })

  test('of a change is followed too', async () => {
    const { github, calls } = openClient(moving(status, `${API}/repositories/501/issues/comments/7`))
    await github.updateComment(REPOSITORY, 7, 'body')
    expect(calls.map(({ method }) => method)).toEqual(['PATCH', 'PATCH'])
  })

  test('of a read is followed too', async () => {
    const { github, calls } = openClient((call) =>
      call.url.includes('/repos/')
        ? redirect(status, '/repositories/501/collaborators/ada/permission')
        : Response.json({ permission: 'write' }),
    )
    expect(await github.readRole(REPOSITORY, 'ada')).toBe('write')
    expect(calls.at(-1)?.url).toBe(`${API}/repositories/501/collaborators/ada/permission`)
  })
})

test.each([
  ['another host', 'https://api.github.test.evil.example/repositories/501/issues/42/comments'],
  ['another port', 'https://api.github.test:8443/repositories/501/issues/42/comments'],
  ['plain HTTP', 'http://api.github.test/repositories/501/issues/42/comments'],
  ['no address', 'https://'],
])('a redirect to %s is not followed, and nothing counts as done', async (_, location) => {
  const { github, calls, moved } = openClient(moving(307, location))
  const failure = await failureOf(github.createComment(REPOSITORY, 42, 'body'))
  expect([failure.kind, calls.length, moved]).toEqual(['retryable', 1, []])
})

test('redirects in a circle end after three', async () => {
  const { github, calls } = openClient(() => redirect(307, `${API}/repositories/501/issues/42/comments`))
  const failure = await failureOf(github.createComment(REPOSITORY, 42, 'body'))
  expect([failure.kind, calls.length]).toEqual(['retryable', 4])
})

test('a creation whose answer is lost behind the redirect is unconfirmed', async () => {
  const { github } = openClient((call) => {
    if (!call.url.includes('/repos/')) throw new TypeError('fetch failed')
    return redirect(307, `${API}/repositories/501/issues/42/comments`)
  })
  expect((await failureOf(github.createComment(REPOSITORY, 42, 'body'))).kind).toBe('unconfirmed')
})

test('an organisation’s .github that has another name now is none', async () => {
  const organisation = { ...REPOSITORY, name: '.github', onlyByName: true }
  const { github, moved } = openClient((call) => {
    if (call.url.endsWith('/graphql')) {
      const head = { defaultBranchRef: { target: { oid: 'a'.repeat(40) } } }
      return Response.json({ data: { repository: head } })
    }
    if (call.url.includes('/.github/contents/')) return redirect(301, `${API}/repositories/900/contents/andon.yml`)
    return Response.json({ message: 'Not Found' }, { status: 404 })
  })
  expect(await github.readConfiguration(REPOSITORY, organisation)).toMatchObject({ text: null, source: null })
  expect(moved).toEqual([])
})
