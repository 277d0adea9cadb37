// Ten installations in one real process, beside ten healthy ones in another: one of them gets no answer, late answers,
// errors or a rate limit. The other nine are served as soon as the healthy ones are.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { environmentOf } from '../../fake-github/environment.ts'
import type { Fault } from '../../fake-github/faults.ts'
import { type AndonProcess, startAndonProcess, stopAllProcesses, waitUntil } from '../support/andon-process.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { type FakeGitHub, openFakeGitHub } from '../support/fake-github.ts'
import { faultsByRepository, organizationOf } from '../support/many-installations.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'

afterEach(stopAllProcesses)

const SICK = 'acme/r1'
const INSTALLATIONS = repetitions(4, 10)
const ROUNDS = repetitions(1, 8)
const ROUND_MS = repetitions(0, 9_000)
const CALL_MS = 150
const ANDON_YML = `stages:
  plan: { workflow: plan.yml }
checks: { before_pull_request: off }
limits: { running: 100, starts_per_day: 1000 }
`

const FAULTS: Readonly<Record<string, () => Fault>> = {
  hangs: () => ({ kind: 'hang-before' }),
  'answers after 9 s': () => ({ kind: 'freeze', until: sleep(9_000) }),
  'answers 500': () => ({ kind: 'refuse', status: 500 }),
  'is limited': () => ({ kind: 'refuse', status: 429, headers: { 'retry-after': '30' } }),
}

type Setup = { readonly github: FakeGitHub; readonly database: TestDatabase; readonly andon: AndonProcess }
type Asked = { readonly repository: string; readonly kind: string; readonly at: number; isIt(write: Write): boolean }
type Write = FakeGitHub['writes']['all'][number]

test.each(Object.entries(FAULTS).slice(0, repetitions(1, 4)))(
  'while one of the installations %s, the others wait no longer',
  async (name, fault) => {
    const setups = await Promise.all([openSetup(null), openSetup(fault)])
    const asked = await Promise.all(setups.map(({ github }) => ask(github)))
    const [healthy = [], others = []] = await Promise.all(
      setups.map(({ github }, index) => waitsOf(github, asked[index] ?? [])),
    )
    await stopAllProcesses()
    for (const { github, database } of setups) {
      await github.close()
      await database.close()
    }
    const ratios = ['dispatch', 'reaction', 'comment'].map((kind) => {
      const [before, after] = [healthy, others].map((waits) => p99(waits.filter((wait) => wait.kind === kind)))
      return { kind, before: before ?? 0, after: after ?? 0 }
    })
    recordMeasurements('one-hangs', {
      [`one ${name}, samples`]: others.length,
      ...Object.fromEntries(
        ratios.map(({ kind, before, after }) => [
          `${kind} p99 of ten healthy, and of the other nine`,
          `${before} ms, ${after} ms`,
        ]),
      ),
    })
    // A short form has too few samples, on a busy machine, to say how long anything takes.
    if (ROUNDS > 1) for (const { before, after } of ratios) expect(after).toBeLessThanOrEqual(1.5 * before)
  },
  240_000,
)

async function openSetup(fault: (() => Fault) | null): Promise<Setup> {
  const database = await openTestDatabase('postgres')
  const github = await openFakeGitHub({ organization: organizationOf(INSTALLATIONS), maxConcurrent: 8 })
  const healthy = (): Fault => ({ kind: 'freeze', until: sleep(CALL_MS) })
  github.chooseFaults(faultsByRepository((repository) => (repository === SICK && fault !== null ? fault() : healthy())))
  for (const repository of github.repositories) {
    github.writeFile(repository, '.github/andon.yml', ANDON_YML)
    github.writeFile(repository, '.github/workflows/plan.yml', readFileSync('docs/workflows/plan.yml', 'utf8'))
  }
  const andon = await startAndonProcess('all', {
    DATABASE_URL: database.url,
    ...environmentOf(github),
    LOG_LEVEL: 'warn',
  })
  await andon.ready(120_000)
  github.deliveries.setTarget(`${andon.url}/api/github/webhooks`)
  return { github, database, andon }
}

/** In every round and repository, an issue gets the label and a command. */
async function ask(github: FakeGitHub): Promise<readonly Asked[]> {
  const asked: Asked[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = sleep(ROUND_MS)
    for (const repository of github.repositories) {
      const at = Date.now()
      const number = await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
      const comment = await github.comment(repository, number, '/andon status')
      const isAbout = (kind: string, end: string) => (write: Write) =>
        write.kind === kind && write.done && write.repository === repository && write.path.endsWith(end)
      const isDispatch = isAbout('dispatch', '/dispatches')
      asked.push(
        {
          repository,
          kind: 'dispatch',
          at,
          isIt: (write) =>
            isDispatch(write) && (write.body as { inputs: { issue: string } }).inputs.issue === `${number}`,
        },
        { repository, kind: 'reaction', at, isIt: isAbout('reaction', `/comments/${comment}/reactions`) },
        { repository, kind: 'comment', at, isIt: isAbout('comment', `/issues/${number}/comments`) },
      )
    }
    await next
  }
  return asked
}

/** How long each wish of the installations that are healthy in both setups took. */
async function waitsOf({ writes }: FakeGitHub, asked: readonly Asked[]) {
  const theirs = asked.filter(({ repository }) => repository !== SICK)
  const found = () => theirs.map((one) => writes.all.find(one.isIt))
  await waitUntil('every other installation is served', () => found().every((write) => write !== undefined), {
    withinMs: 120_000,
    everyMs: 200,
  })
  return found().map((write, index) => {
    const { kind = '', at = 0 } = theirs[index] ?? {}
    return { kind, ms: (write?.at ?? Number.POSITIVE_INFINITY) - at }
  })
}

function p99(waits: readonly { readonly ms: number }[]): number {
  const sorted = waits.map(({ ms }) => ms).toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0
}
