// A GitHub that runs on this machine: real enough that Andon is signed in, told and answered over HTTP, and ill-behaved
// on demand.
import type { AddressInfo } from 'node:net'
import { type Actions, openActions } from './actions.ts'
import { openClock } from './clock.ts'
import { type Deliveries, openDeliveries } from './deliveries.ts'
import { openEmulator } from './emulator.ts'
import { type Faults, openFaults } from './faults.ts'
import { openFiles } from './files.ts'
import { type Grant, manifestGrant } from './grant.ts'
import { type Installation, openInstallation } from './installation.ts'
import { learn } from './load-organization.ts'
import { complete } from './normalize.ts'
import { openIssuer, runClaims } from './oidc-issuer.ts'
import { APP, CAST, type Cast, type Permission } from './organization.ts'
import { createPages, type Pages } from './pages.ts'
import { openProxy } from './proxy.ts'
import { seededChance } from './random.ts'
import type { Parts } from './routes.ts'
import type { Run } from './runs.ts'
import { openFreshTokens } from './token-rotation.ts'
import { openPeople, type People } from './user-actions.ts'
import { openTold } from './webhooks.ts'
import {
  type Check,
  type Comment,
  createWorld,
  type Issue,
  type PullRequest,
  repositoryOf,
  type World,
} from './world.ts'
import { openWriteLog, type WriteLog } from './write-log.ts'

export type FakeGitHub = People &
  Installation &
  Pick<Faults, 'misbehave' | 'behave' | 'limitCreation'> & {
    /** Root of the API and of the pages. */
    readonly url: string
    readonly appId: number
    readonly privateKey: string
    readonly webhookSecret: string
    readonly installationId: number
    /** Full names. */
    readonly repositories: readonly string[]
    readonly deliveries: Deliveries
    readonly writes: WriteLog
    readonly runs: readonly Run[]
    /** Who signs the tokens of workflow runs. */
    readonly oidcIssuer: string
    /** The token that a run may ask for. */
    idToken(run: Run, audience: string): Promise<string>
    /** Puts a file on the default branch; null takes it away. */
    writeFile(fullName: string, path: string, text: string | null, by?: string): void
    repositoryId(fullName: string): number
    /** Begins a workflow run, as a push or an agent would. */
    startRun(
      fullName: string,
      workflow: string,
      o?: { branch?: string; title?: string; event?: string; by?: string; headSha?: string },
    ): Promise<Run>
    whenDispatched: Actions['whenDispatched']
    whenCancelled: Actions['whenCancelled']
    /** Any delivery at all, framed as one about the repository. */
    deliver(event: string, payload: Record<string, unknown>, fullName?: string, by?: string): void
    permit(login: string, permission: Permission): void
    /** Somebody presses a button of a check run, by its identifier. */
    press(fullName: string, check: Check, identifier: string, by?: string): void
    /** Somebody has a check run run again. */
    rerequest(fullName: string, check: Check, by?: string): void
    /** What GitHub holds: in the order of creation. */
    comments(fullName: string, number: number): Promise<readonly Comment[]>
    checks(fullName: string, sha: string): Promise<readonly Check[]>
    issue(fullName: string, number: number): Issue | null
    pullRequest(fullName: string, number: number): PullRequest | null
    /** Resolves when all that was delivered has been answered. */
    settled(): Promise<void>
    close(): Promise<void>
  }

/** Starts a GitHub on 127.0.0.1. */
export async function startGitHub(o: {
  port?: number
  /** Where deliveries go; without it they go nowhere until `deliveries.aim`. */
  webhookUrl?: string
  webhookSecret: string
  cast?: Cast
  /** What the App may do and hears of; what its manifest asks for, unless given. */
  grant?: Grant
  seed?: number
  now?: () => string
  /** How many deliveries may be underway at once; 1 keeps their order. */
  together?: number
}): Promise<FakeGitHub> {
  const cast = o.cast ?? CAST
  const grant = o.grant ?? manifestGrant()
  const first = Object.keys(cast.people)[0]!
  const clock = openClock(o.now)
  const chance = seededChance(o.seed ?? 1)
  const faults = openFaults(clock)
  const writes = openWriteLog()
  const deliveries = openDeliveries({
    secret: o.webhookSecret,
    clock,
    chance,
    url: o.webhookUrl ?? null,
    together: o.together ?? 1,
  })
  let world: World
  let parts: Parts
  let page: Pages
  const told = openTold({ world: () => world, deliveries })
  const sink = { path: `/-/told/${APP.hookId}`, receive: told.receive }
  const files = openFiles(() => world, told.tell)
  const keys = { path: `${OIDC_PATH}/.well-known/jwks`, published: () => issuer.keys() }
  const proxy = openProxy({ parts: () => parts, faults, writes, sink, keys, page: (path) => page(path) })
  await new Promise<void>((resolve, reject) => {
    proxy.server.once('error', reject).listen(o.port ?? 0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(proxy.server.address() as AddressInfo).port}`
  // The machine's clock, because whoever trusts the tokens goes by that one.
  const issuer = openIssuer({ url: url + OIDC_PATH, now: () => new Date().toISOString() })
  const emulator = await openEmulator({ cast, grant, baseUrl: url, webhookUrl: url + sink.path })
  world = createWorld({ cast, grant, clock, chance, url, emulator })
  await learn(world)
  const actions = openActions(world, told.tell, files, `${APP.slug}[bot]`)
  const people = openPeople({ world, told, first })
  const installation = openInstallation({ world, told, first, runs: () => actions.runs })
  world.users.set(`${APP.slug}[bot]`, { login: `${APP.slug}[bot]`, id: APP.id, type: 'Bot' })

  const known = new Set<string>()
  parts = {
    world,
    actions,
    files,
    deliveries,
    freshToken: openFreshTokens(world),
    ask: () => Promise.reject(new Error('asked outside a request')),
    headOf: (fullName, branch) => people.head(fullName, branch).catch(() => null),
    async knowsCommit(fullName, sha) {
      if (known.has(sha)) return true
      const found = await emulator.act(first, 'GET', `/repos/${fullName}/git/commits/${sha}`).then(
        () => true,
        () => false,
      )
      if (found) known.add(sha)
      return found
    },
  }

  async function read<T>(path: string): Promise<T> {
    return complete(world, JSON.stringify(await emulator.act(first, 'GET', path))) as T
  }

  async function comments(fullName: string, number: number): Promise<readonly Comment[]> {
    const all: Comment[] = []
    for (let from = 1, more = true; more; from++) {
      const found = await read<Comment[]>(`/repos/${fullName}/issues/${number}/comments?per_page=100&page=${from}`)
      all.push(...found)
      more = found.length === 100
    }
    return all
  }

  async function checks(fullName: string, sha: string): Promise<readonly Check[]> {
    const found = await read<{ check_runs: Check[] }>(`/repos/${fullName}/commits/${sha}/check-runs?filter=all`)
    return found.check_runs.toSorted((one, other) => one.id - other.id)
  }

  page = createPages({ world, actions, writes, comments, checks })

  return {
    ...people,
    ...installation,
    misbehave: faults.misbehave,
    behave: faults.behave,
    limitCreation: faults.limitCreation,
    url,
    appId: APP.id,
    privateKey: emulator.privateKey,
    webhookSecret: o.webhookSecret,
    installationId: APP.installationId,
    get repositories() {
      return [...world.repositories.keys()]
    },
    deliveries,
    writes,
    runs: actions.runs,
    oidcIssuer: issuer.url,
    idToken(run, aud) {
      const { repository, attempt, workflow } = run.state
      const repositoryId = repositoryOf(world, repository).id
      const claims = runClaims({
        repositoryId,
        repository,
        runId: run.id,
        runAttempt: attempt,
        workflow: workflow.file,
      })
      return issuer.token({ ...claims, aud })
    },
    writeFile: (fullName, path, text, by = first) => files.write(fullName, path, text, by),
    repositoryId: (fullName) => repositoryOf(world, fullName).id,
    async startRun(fullName, workflow, run = {}) {
      clock.notice()
      const {
        branch = repositoryOf(world, fullName).default_branch,
        title = workflow.replace(/\.ya?ml$/, ''),
        event = 'push',
        by = first,
      } = run
      const headSha = run.headSha ?? (await people.head(fullName, branch))
      return actions.begin(fullName, workflow, { branch, headSha, title, event, by })
    },
    whenDispatched: actions.whenDispatched,
    whenCancelled: actions.whenCancelled,
    deliver: (event, payload, fullName = [...world.repositories.keys()][0]!, by = first) =>
      told.tell(event, payload, fullName, by),
    permit: (login, permission) => void world.permissions.set(login, permission),
    press(fullName, check_run, identifier, by = first) {
      const requested_action = { identifier }
      told.tell('check_run', { action: 'requested_action', check_run, requested_action }, fullName, by)
    },
    rerequest(fullName, check_run, by = first) {
      told.tell('check_run', { action: 'rerequested', check_run }, fullName, by)
    },
    comments,
    checks,
    issue: (fullName, number) => world.issues.get(`${fullName}#${number}`) ?? null,
    pullRequest: (fullName, number) => world.pulls.get(`${fullName}#${number}`) ?? null,
    settled: deliveries.settled,
    async close() {
      deliveries.close()
      await proxy.close()
      await emulator.close()
    },
  }
}

const OIDC_PATH = '/-/oidc'
