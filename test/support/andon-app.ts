// All of Andon over a GitHub of its own, with a clock that is moved: what becomes of dispatches on the line.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { openOidcIssuer, runClaims } from '../../fake-github/oidc-issuer.ts'
import type { Run } from '../../fake-github/runs.ts'
import { type Andon, openAndon } from '../../src/andon.ts'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import type { Database } from '../../src/store/database.ts'
import { isInTransaction } from '../../src/store/track-transactions.ts'
import { expectConsistent } from './consistency.ts'
import { openTestDatabase } from './database.ts'
import { type FakeGitHub, openFakeGitHub } from './fake-github.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, attempts: 3 }
checks: { before_pull_request: off }
comments: off
`

const BASE_URL = 'https://andon.example.com'

/** What meets a dispatch before GitHub does: its own answer, or null to let it through. */
export type DispatchInterceptor = (key: string) => Promise<Response | null>

export type AndonApp = {
  readonly github: FakeGitHub
  /** Where the first process serves its pages. */
  readonly url: string
  readonly database: Database
  readonly clock: ManualClock
  /** The first process; it takes in what GitHub delivers. */
  readonly andon: Andon
  /** Another process on the same database. */
  startAnother(meet?: DispatchInterceptor): Promise<Andon>
  /** Labels an issue of a repository whose file has one stage, `plan`, with three attempts, unless it says otherwise. */
  openLabeledIssue(): Promise<void>
  /** Lets time pass, ten seconds at a time unless said, while these processes, or the first alone, do what is due. */
  advance(seconds: number, andons?: readonly Andon[], stride?: number): Promise<void>
  pipeline(): Promise<Pipeline>
  /** What a workflow run says of itself, with the token that GitHub gives it; resolves to what it is answered. */
  report(run: Run, said?: object): Promise<number>
  close(): Promise<void>
}

/** `send` is how the first process reaches GitHub. */
export async function openAndonApp(
  meet: DispatchInterceptor = async () => null,
  configuration = CONFIGURATION,
  send: typeof fetch = fetch,
): Promise<AndonApp> {
  const clock = manualClock('2026-11-20T08:00:00.000Z')
  const github = await openFakeGitHub({ now: clock.now })
  const database = await openTestDatabase()
  const opened: Andon[] = []
  const dataDirectory = mkdtempSync(join(tmpdir(), 'andon-whole-'))
  const issuer = openOidcIssuer({ url: 'https://issuer.example.com', now: clock.now })

  async function open(met: DispatchInterceptor, through: typeof fetch = fetch): Promise<Andon> {
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
        if (isInTransaction()) throw new Error(`GitHub was asked inside a transaction: ${input}`)
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
  github.deliveries.setTarget(`${url}/api/github/webhooks`)
  return {
    github,
    url,
    database,
    clock,
    andon,
    startAnother: (met = async () => null) => open(met),
    async openLabeledIssue() {
      const [repository = ''] = github.repositories
      github.writeFile(repository, '.github/andon.yml', configuration)
      github.writeFile(repository, '.github/workflows/plan.yml', readFileSync('docs/workflows/plan.yml', 'utf8'))
      await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
    },
    async advance(seconds, andons = [andon], stride = 10) {
      for (let passed = 0; passed < seconds; passed += stride) {
        await github.whenIdle()
        for (const one of andons) await one.drain()
        clock.advance(stride)
      }
      await github.whenIdle()
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
      await expectConsistent({ database, now: clock.now() })
      for (const one of opened) await one.close()
      await github.close()
      await database.close()
      rmSync(dataDirectory, { recursive: true, force: true })
    },
  }
}
