// All of Andon over a GitHub of its own, with a clock that is moved: what becomes of dispatches on the line.
import { readFileSync } from 'node:fs'
import pino from 'pino'
import { type Andon, openAndon } from '../../../src/andon.ts'
import type { Pipeline } from '../../../src/pipeline/pipeline.ts'
import type { Database } from '../../../src/store/database.ts'
import { freshDatabase } from '../../support/database.ts'
import { type FakeGitHub, openGitHubWorld } from '../../support/github.ts'
import { type MovedClock, movedClock } from '../../support/moved-clock.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, attempts: 3 }
checks: { before_pull_request: off }
comments: off
`

/** What meets a dispatch before GitHub does: its own answer, or null to let it through. */
export type Meeting = (key: string) => Promise<Response | null>

export type Whole = {
  readonly github: FakeGitHub
  /** Where the first process serves its pages. */
  readonly url: string
  readonly database: Database
  readonly clock: MovedClock
  /** The first process; it takes in what GitHub delivers. */
  readonly andon: Andon
  /** Another process on the same database. */
  another(meet?: Meeting): Promise<Andon>
  /** Labels an issue of a repository whose file has one stage, `plan`, with three attempts. */
  labelAnIssue(): Promise<void>
  /** Lets time pass ten seconds at a time while these processes, or the first alone, do what is due. */
  pass(seconds: number, andons?: readonly Andon[]): Promise<void>
  pipeline(): Promise<Pipeline>
  close(): Promise<void>
}

export async function openWhole(meet: Meeting = async () => null): Promise<Whole> {
  const clock = movedClock('2026-11-20T08:00:00.000Z')
  const github = await openGitHubWorld({ now: clock.now })
  const database = await freshDatabase()
  const opened: Andon[] = []

  async function open(met: Meeting): Promise<Andon> {
    const { appId, privateKey, url } = github
    const andon = await openAndon({
      config: {
        role: 'all',
        port: 0,
        host: '127.0.0.1',
        appId,
        privateKey,
        webhookSecrets: [github.webhookSecret],
        githubApiUrl: url,
        githubUrl: url,
        oidcIssuer: url,
        databaseUrl: null,
        dataDirectory: '',
        access: 'open',
        baseUrl: 'https://andon.example.com',
        logLevel: 'silent',
        production: false,
      },
      build: 'test',
      database,
      now: clock.now,
      log: pino({ level: process.env.ANDON_TEST_LOG ?? 'silent' }),
      async fetch(input, init) {
        if (!String(input).endsWith('/dispatches')) return await fetch(input, init)
        const { inputs } = JSON.parse(String(init?.body)) as { inputs: { andon: string } }
        return (await met(inputs.andon)) ?? (await fetch(input, init))
      },
    })
    opened.push(andon)
    return andon
  }

  const andon = await open(meet)
  const url = `http://127.0.0.1:${await andon.listen()}`
  github.deliveries.aim(`${url}/api/github/webhooks`)
  return {
    github,
    url,
    database,
    clock,
    andon,
    another: (met = async () => null) => open(met),
    async labelAnIssue() {
      const [repository = ''] = github.repositories
      github.writeFile(repository, '.github/andon.yml', CONFIGURATION)
      github.writeFile(repository, '.github/workflows/plan.yml', readFileSync('docs/workflows/plan.yml', 'utf8'))
      await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
    },
    async pass(seconds, andons = [andon]) {
      for (let passed = 0; passed < seconds; passed += 10) {
        await github.settled()
        for (const one of andons) await one.settle()
        clock.pass(10)
      }
      await github.settled()
    },
    async pipeline() {
      return (await database.kysely.selectFrom('pipelines').select('document').executeTakeFirstOrThrow()).document
    },
    async close() {
      for (const one of opened) await one.close()
      await github.close()
      await database.close()
    },
  }
}
