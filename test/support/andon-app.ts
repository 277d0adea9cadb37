// All of Andon over a GitHub of its own, with a clock that is moved: what becomes of dispatches on the line.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { openIssuer, runClaims } from '../../fake-github/oidc-issuer.ts'
import type { Run } from '../../fake-github/runs.ts'
import { type Andon, openAndon } from '../../src/andon.ts'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import type { Database } from '../../src/store/database.ts'
import { transactionIsOpen } from '../../src/store/track-transactions.ts'
import { expectOneTruth } from './consistency.ts'
import { freshDatabase } from './database.ts'
import { type FakeGitHub, openGitHubWorld } from './fake-github.ts'
import { type MovedClock, movedClock } from './manual-clock.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, attempts: 3 }
checks: { before_pull_request: off }
comments: off
`

const BASE_URL = 'https://andon.example.com'

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
  /** Labels an issue of a repository whose file has one stage, `plan`, with three attempts, unless it says otherwise. */
  labelAnIssue(): Promise<void>
  /** Lets time pass, ten seconds at a time unless said, while these processes, or the first alone, do what is due. */
  pass(seconds: number, andons?: readonly Andon[], stride?: number): Promise<void>
  pipeline(): Promise<Pipeline>
  /** What a workflow run says of itself, with the token that GitHub gives it; resolves to what it is answered. */
  report(run: Run, said?: object): Promise<number>
  close(): Promise<void>
}

/** `send` is how the first process reaches GitHub. */
export async function openWhole(
  meet: Meeting = async () => null,
  configuration = CONFIGURATION,
  send: typeof fetch = fetch,
): Promise<Whole> {
  const clock = movedClock('2026-11-20T08:00:00.000Z')
  const github = await openGitHubWorld({ now: clock.now })
  const database = await freshDatabase()
  const opened: Andon[] = []
  const dataDirectory = mkdtempSync(join(tmpdir(), 'andon-whole-'))
  const issuer = openIssuer({ url: 'https://issuer.example.com', now: clock.now })

  async function open(met: Meeting, through: typeof fetch = fetch): Promise<Andon> {
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
        oidcIssuer: issuer.url,
        databaseUrl: null,
        dataDirectory,
        access: 'open',
        baseUrl: BASE_URL,
        logLevel: 'silent',
        production: false,
      },
      build: 'test',
      database,
      now: clock.now,
      log: pino({ level: process.env.ANDON_TEST_LOG ?? 'silent' }),
      async fetch(input, init) {
        if (transactionIsOpen()) throw new Error(`GitHub was asked inside a transaction: ${input}`)
        if (String(input).startsWith(issuer.url)) return Response.json(await issuer.keys())
        if (!String(input).endsWith('/dispatches')) return await through(input, init)
        const { inputs } = JSON.parse(String(init?.body)) as { inputs: { andon: string } }
        return (await met(inputs.andon)) ?? (await through(input, init))
      },
    })
    opened.push(andon)
    return andon
  }

  const andon = await open(meet, send)
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
      github.writeFile(repository, '.github/andon.yml', configuration)
      github.writeFile(repository, '.github/workflows/plan.yml', readFileSync('docs/workflows/plan.yml', 'utf8'))
      await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
    },
    async pass(seconds, andons = [andon], stride = 10) {
      for (let passed = 0; passed < seconds; passed += stride) {
        await github.settled()
        for (const one of andons) await one.settle()
        clock.pass(stride)
      }
      await github.settled()
    },
    async pipeline() {
      return (await database.kysely.selectFrom('pipelines').select('document').executeTakeFirstOrThrow()).document
    },
    async report(run, said = {}) {
      const { repository, attempt: runAttempt, workflow, title } = run.state
      const repositoryId = github.repositoryId(repository)
      const claims = runClaims({ repositoryId, repository, runId: run.id, runAttempt, workflow: workflow.file })
      const response = await fetch(`${url}/api/reports`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await issuer.token({ ...claims, aud: BASE_URL })}`,
        },
        body: JSON.stringify({ andon: title.replace('andon ', ''), ...said }),
      })
      return response.status
    },
    async close() {
      await expectOneTruth({ database, now: clock.now() })
      for (const one of opened) await one.close()
      await github.close()
      await database.close()
      rmSync(dataDirectory, { recursive: true, force: true })
    },
  }
}
