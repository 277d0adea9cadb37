// The world *app*: all of Andon over one fake GitHub in the same process, with a manual clock. Deliveries and pages go
// over HTTP; calls to GitHub do not, so that only the clock makes time pass.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino, { type Logger } from 'pino'
import type { Run } from '../../fake-github/runs.ts'
import { type Andon, openAndon } from '../../src/andon.ts'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import type { Database } from '../../src/store/database.ts'
import { isInTransaction } from '../../src/store/track-transactions.ts'
import { signInToSeeEverything } from './board-reader.ts'
import { expectConsistent } from './consistency.ts'
import { openTestDatabase } from './database.ts'
import { type FakeGitHub, openFakeGitHub } from './fake-github.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'
import type { PushService } from './push-service.ts'
import { type WithServer, withServer } from './with-server.ts'

/** A line of one stage, with all that Andon shows of it on GitHub. */
export const PLAN = 'stages: { plan: { workflow: plan.yml, attempts: 3 } }'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, attempts: 3 }
checks: { before_pull_request: off }
comments: off
`

export const BASE_URL = 'https://andon.example.com'

const SECRET = 'a-secret-that-seals-tokens-of-people'

export type AndonApp = {
  readonly github: FakeGitHub
  /** The repository of `openLabeledIssue`. */
  readonly repository: string
  /** The URL of the first process's pages. */
  readonly url: string
  readonly database: Database
  readonly clock: ManualClock
  /** The first process; it receives the deliveries. */
  readonly andon: Andon
  /** Another process on the same database, or on one that cannot be reached. */
  startAnother(on?: Database): Promise<WithServer<Andon>>
  /** Labels an issue of a repository whose file has one stage, `plan`, with three attempts, unless told otherwise. */
  openLabeledIssue(): Promise<void>
  /** Adds a user's comment; resolves to its id. Nothing happens before time passes. */
  comment(body: string, o?: { by?: string; on?: number }): Promise<number>
  /** Lets time pass, in steps of ten seconds by default, while these processes, or the first alone, do what is due. */
  advance(seconds: number, o?: { andons?: readonly Andon[]; stride?: number }): Promise<void>
  /** Lets time pass in which Andon is there and does nothing. */
  idle(seconds: number): Promise<void>
  /** Sets the clock of Andon's machine, and not GitHub's, by so many seconds more; negative: back. */
  setClock(seconds: number): void
  pipeline(): Promise<Pipeline>
  /** The keys of the dispatched attempts, without their random suffix. */
  dispatched(): readonly string[]
  /** Andon's replies on an issue, without the list of the comments they answer. */
  replies(on?: number): Promise<readonly string[]>
  /** The reactions to a comment, oldest first. */
  reactions(commentId: number): readonly string[]
  /** A workflow run's report, with the token that GitHub gives it; resolves to the answer. */
  report(run: Run, fields?: object): Promise<number>
  close(): Promise<void>
}

/** A step of `advance` in which every due write can happen. */
export const BY_SECONDS = { stride: 1 } as const

export async function openAndonApp(
  o: {
    configuration?: string
    kind?: Database['kind']
    access?: 'open' | 'login'
    operators?: readonly string[]
    webhookProxyUrl?: string
    /** Kept at the end; without it, one is made and removed. */
    dataDirectory?: string
    log?: Logger
    pushService?: PushService
  } & Pick<Parameters<typeof openFakeGitHub>[0] & object, 'seed' | 'maxConcurrent' | 'organization' | 'grant'> = {},
): Promise<AndonApp> {
  const {
    configuration = CONFIGURATION,
    kind,
    access = 'open',
    operators = [],
    webhookProxyUrl = null,
    ...behaviour
  } = o
  const clock = manualClock('2026-11-20T08:00:00.000Z')
  let aheadMs = 0
  const machine = () => new Date(Date.parse(clock.now()) + aheadMs).toISOString()
  const github = await openFakeGitHub({ ...behaviour, now: clock.now, listens: false })
  const [repository = ''] = github.repositories
  const database = await openTestDatabase(kind)
  const opened: WithServer<Andon>[] = []
  const closed = new Set<WithServer<Andon>>()
  const ownDirectory = mkdtempSync(join(tmpdir(), 'andon-app-'))
  const dataDirectory = o.dataDirectory ?? ownDirectory

  async function open(on = database): Promise<WithServer<Andon>> {
    const { appId, privateKey } = github
    const built = await openAndon({
      config: {
        role: 'all',
        port: 0,
        host: '127.0.0.1',
        appId,
        privateKey,
        webhookSecrets: [github.webhookSecret],
        githubApiUrl: github.url,
        githubUrl: github.url,
        oidcIssuer: github.oidcIssuer,
        databaseUrl: null,
        dataDirectory,
        access,
        client: github.client,
        secret: SECRET,
        operators,
        baseUrl: BASE_URL,
        webhookProxyUrl,
        logLevel: 'silent',
        production: false,
        warnings: [],
      },
      build: 'test',
      database: on,
      probesEveryMs: 0,
      now: machine,
      log: o.log ?? pino({ level: process.env.ANDON_TEST_LOG ?? 'silent' }),
      async fetch(input, init) {
        if (isInTransaction()) throw new Error(`GitHub was asked inside a transaction: ${input}`)
        if (o.pushService?.serves(input)) return await o.pushService.fetch(input, init)
        return await (input === webhookProxyUrl ? fetch : github.fetch)(input, init)
      },
    })
    const served = withServer(built)
    const andon: WithServer<Andon> = {
      ...served,
      async close() {
        closed.add(andon)
        await served.close()
      },
    }
    opened.push(andon)
    return andon
  }

  /** Andon was there all the time, unless its clock was set. */
  async function notePresent(): Promise<void> {
    const seenAt = machine()
    await database.kysely.updateTable('presence').set({ seenAt }).where('seenAt', '<', seenAt).execute()
  }

  const andon = await open()
  const url = `http://127.0.0.1:${await andon.listen()}`
  github.deliveries.setTarget(`${url}/api/github/webhooks`)
  return {
    github,
    repository,
    url,
    database,
    clock,
    andon,
    startAnother: open,
    async openLabeledIssue() {
      github.writeFile(repository, '.github/andon.yml', configuration)
      github.writeFile(repository, '.github/workflows/plan.yml', readFileSync('docs/workflows/plan.yml', 'utf8'))
      await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
    },
    comment: (body, { by = 'linus', on = 1 } = {}) => github.comment(repository, on, body, by),
    async advance(seconds, { andons = [andon], stride = 10 } = {}) {
      for (let passed = 0; passed < seconds; passed += stride) {
        await github.whenIdle()
        for (const one of andons) await one.drain()
        clock.advance(Math.min(stride, seconds - passed))
        await notePresent()
      }
      await github.whenIdle()
    },
    async idle(seconds) {
      clock.advance(seconds)
      await notePresent()
    },
    setClock(seconds) {
      aheadMs += seconds * 1000
    },
    async pipeline() {
      return (await database.kysely.selectFrom('pipelines').select('document').executeTakeFirstOrThrow()).document
    },
    dispatched() {
      return github.writes
        .ofKind('dispatch')
        .map(({ body }) => (body as { inputs: { andon: string } }).inputs.andon.replace(/-.*/, ''))
    },
    async replies(on = 1) {
      const all = github.comments(repository, on)
      return all.flatMap(({ body }) =>
        REPLY_MARKERS.test(body) ? [withoutGuids(body.replace(REPLY_MARKERS, ''))] : [],
      )
    },
    reactions: (commentId) => github.reactions(commentId),
    async report(run, fields = {}) {
      const token = await github.idToken(run, BASE_URL)
      const response = await fetch(`${url}/api/reports`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ andon: run.state.title.replace('andon ', ''), ...fields }),
      })
      return response.status
    },
    async close() {
      // What is still on its way would change the board between two readings of it.
      await github.deliveries.pause()
      const now = aheadMs === 0 ? clock.now() : await readAsOf(url)
      const headers = access === 'open' ? {} : await signInToSeeEverything(database, { secret: SECRET, now })
      // Where the test has ended the first process, another one shows the same.
      const place = { url: closed.has(andon) ? `http://127.0.0.1:${await (await open()).listen()}` : url, headers }
      await expectConsistent({ database, now, place, soon: github })
      for (const one of opened) await one.close()
      await github.close()
      await database.close()
      rmSync(ownDirectory, { recursive: true, force: true })
    },
  }
}

const REPLY_MARKERS = /^(?:<!-- andon:v1 reply\/\S+ -->\n)+/

/** The time by Andon's clock, which it corrects when the machine's jumps. */
async function readAsOf(url: string): Promise<string> {
  return ((await (await fetch(`${url}/api/pipelines`)).json()) as { asOf: string }).asOf
}

/** Delivery GUIDs differ from run to run. */
function withoutGuids(text: string): string {
  return text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'GUID')
}
