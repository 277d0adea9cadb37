import { describe, expect, test } from 'vitest'
import { OBSERVE_ONLY_LINE } from '../../../src/line/line.ts'
import { mergeAnswer, mergePullRequest } from '../../../src/pipeline/facts/merge.ts'
import { authorToAsk, isDeciding } from '../../../src/pipeline/facts/standing.ts'
import type { PullRequestFact } from '../../../src/pipeline/model/facts.ts'
import { minutesAfterNine, pullRequestFact } from '../../support/pipeline-fixtures.ts'

const line = { ...OBSERVE_ONLY_LINE, bots: ['renovate[bot]'] }
const HERE = 'retry'
const FORK = 'mallory:retry'

function pull(author: string | null, branch: string, known: Partial<PullRequestFact> = {}): PullRequestFact {
  return pullRequestFact({ author, branch, bot: author?.endsWith('[bot]') ?? false, ...known })
}

function answered(fact: PullRequestFact, login: string, role: 'write' | 'read', at = fact.updatedAt): PullRequestFact {
  const purpose = { kind: 'author', pullRequestNumber: fact.number, at } as const
  const question = { about: 'permission', login, purpose } as const
  return mergeAnswer(fact, question, { about: 'permission', role }, at) ?? fact
}

test.each([
  ['a person, before GitHub has answered', pull('linus', HERE), true],
  ['a person, before GitHub has answered, from a fork', pull('linus', FORK), false],
  ['a person who may write, from a fork', answered(pull('linus', FORK), 'linus', 'write'), true],
  [
    'a person whose pull request was closed before GitHub has answered',
    pull('linus', HERE, { state: 'closed' }),
    false,
  ],
  ['a reader', answered(pull('mallory', HERE), 'mallory', 'read'), false],
  ['a bot', pull('claude[bot]', HERE), true],
  ['a bot, from a fork', pull('claude[bot]', FORK), false],
  ['a bot that the file names, from a fork', pull('renovate[bot]', FORK), true],
  ['a deleted account', pull(null, HERE), true],
  ['a deleted account, from a fork', pull('ghost', FORK), false],
  ['the next holder of a login that could write', answered(pull('alice', FORK), 'bob', 'write'), false],
])('the pull request of %s', (_, fact, decides) => {
  expect(isDeciding(fact, line)).toBe(decides)
})

describe('the question about the author', () => {
  test('is asked of people only', () => {
    expect(
      [pull('linus', FORK), pull('linus', HERE), pull('claude[bot]', HERE), pull('ghost', HERE)].map(authorToAsk),
    ).toEqual(['linus', 'linus', null, null])
  })

  test('is asked again after a change', () => {
    const known = answered(pull('linus', FORK), 'linus', 'write')
    expect(authorToAsk(known)).toBeNull()
    expect(authorToAsk(mergePullRequest(known, pull('linus', FORK, { updatedAt: minutesAfterNine(9) })))).toBe('linus')
  })

  test('gives one state, whichever of its answers comes first', () => {
    const [five, nine] = [5, 9].map(minutesAfterNine)
    const fact = pull('linus', FORK, { updatedAt: nine as string })
    const granted = (one: PullRequestFact) => answered(one, 'linus', 'write', five)
    const refused = (one: PullRequestFact) => answered(one, 'linus', 'read', nine)
    expect(granted(refused(fact))).toEqual(refused(granted(fact)))
    expect(isDeciding(granted(refused(fact)), line)).toBe(false)
  })

  test('is refused where two answers of one moment differ', () => {
    const fact = pull('linus', FORK)
    const [one, other] = (['write', 'read'] as const).map((role) => answered(fact, 'linus', role))
    expect(mergePullRequest(one as PullRequestFact, other as PullRequestFact).authorPermission?.granted).toBe(false)
  })
})
