// Access that changes while GitHub is being read.
import { afterEach, expect, test } from 'vitest'
import { GitHubFailure } from '../../src/github/failure.ts'
import type { ListedRepositories, UserAccess } from '../../src/github/user-access.ts'
import { deriveKeys, hashSecret } from '../../src/sign-in/keys.ts'
import { openSignIn } from '../../src/sign-in/sign-in.ts'
import { dropSeen } from '../../src/store/users.ts'
import { openTestDatabase } from '../support/database.ts'

const NOW = '2026-11-27T10:00:00.000Z'
const SECRET = 'a secret of at least thirty-two characters'

let close: () => Promise<void>
afterEach(() => close())

/** Somebody signed in; GitHub's lists come when the test gives them. */
async function signedIn() {
  const database = await openTestDatabase()
  close = () => database.close()
  const lists: PromiseWithResolvers<ListedRepositories>[] = []
  const asked: (() => void)[] = []
  const github: UserAccess = {
    authorizeUrl: ({ state }) => state,
    exchangeCode: async () => ({ accessToken: 'ghu_1', expiresInSeconds: null, refreshToken: null }),
    refresh: () => Promise.reject(new GitHubFailure('retryable', 'not here')),
    readUser: async () => ({ id: 3, login: 'ada' }),
    listRepositories() {
      const list = Promise.withResolvers<ListedRepositories>()
      lists.push(list)
      asked.shift()?.()
      return list.promise
    },
  }
  const o = { database, github, operators: [], baseUrl: 'https://andon.example.com', now: () => NOW }
  const signIn = openSignIn({ ...o, keys: deriveKeys(SECRET) })
  const { location: state, kept } = signIn.begin('/')
  const done = await signIn.complete({ kept, state, code: 'x', formerSession: null })
  const credential = { kind: 'session', hash: hashSecret(done?.session ?? '') } as const
  const nextAsked = () => new Promise<void>((resolve) => asked.push(resolve))
  return { database, signIn, lists, credential, nextAsked }
}

test('a list that was started before access changed is never shown', async () => {
  const { database, signIn, lists, credential, nextAsked } = await signedIn()
  const first = nextAsked()
  const seen = signIn.seen(credential)
  await first
  await dropSeen(database, 'all')
  const second = nextAsked()
  lists[0]?.resolve({ seen: [1, 2], writable: [] })
  await second
  lists[1]?.resolve({ seen: [1], writable: [1] })
  expect((await seen).repositories).toEqual([1])
})

test('requests that come together ask GitHub once', async () => {
  const { signIn, lists, credential, nextAsked } = await signedIn()
  const first = nextAsked()
  const seen = Promise.all(Array.from({ length: 20 }, () => signIn.seen(credential)))
  await first
  // On Postgres the others may still be on their way to it.
  await new Promise((resolve) => setTimeout(resolve, 200))
  lists[0]?.resolve({ seen: [1], writable: [1] })
  expect((await seen).map(({ repositories }) => repositories)).toEqual(Array(20).fill([1]))
  expect(lists).toHaveLength(1)
})

test('tokens that were sealed with another secret are refused, and their sessions end', async () => {
  const { database, credential } = await signedIn()
  const github = {} as UserAccess
  const o = { database, github, operators: [], baseUrl: 'https://andon.example.com', now: () => NOW }
  const other = openSignIn({ ...o, keys: deriveKeys(`${SECRET}, changed`) })
  await expect(other.seen(credential)).rejects.toThrow('the sign-in has ended')
  expect(await other.find(credential)).toBeNull()
})
