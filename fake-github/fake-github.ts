// A GitHub that runs on this machine: real enough that Andon is signed in, told and answered over HTTP, and ill-behaved
// on demand.
import type { AddressInfo } from 'node:net'
import { type Actions, openActions } from './actions.ts'
import { openClock } from './clock.ts'
import { type Deliveries, openDeliveries } from './deliveries.ts'
import { openEmulator } from './emulator.ts'
import { type Faults, openFaults } from './faults.ts'
import { openRepositoryFiles } from './files.ts'
import { type Grant, grantFromManifest } from './grant.ts'
import { type Installation, openInstallation } from './installation.ts'
import { loadOrganization } from './load-organization.ts'
import { normalize } from './normalize.ts'
import { openOidcIssuer, runClaims } from './oidc-issuer.ts'
import { ACME, APP, type Organization, type Permission } from './organization.ts'
import { createPages, type Pages } from './pages.ts'
import { openProxy } from './proxy.ts'
import { seededRandom } from './random.ts'
import type { RouteContext } from './routes.ts'
import type { Run } from './runs.ts'
import { openTokenRotation } from './token-rotation.ts'
import { openUserActions, type UserActions } from './user-actions.ts'
import { openWebhooks } from './webhooks.ts'
import {
  type CheckRun,
  type Comment,
  createWorld,
  type Issue,
  type PullRequest,
  repositoryOf,
  type World,
} from './world.ts'
import { openWriteLog, type WriteLog } from './write-log.ts'

export type FakeGitHub = UserActions &
  Installation &
  Pick<Faults, 'injectFault' | 'clearFaults' | 'enforceCreationLimits'> & {
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
    onDispatch: Actions['onDispatch']
    onCancel: Actions['onCancel']
    /** Any delivery at all, framed as one about the repository. */
    deliver(event: string, payload: Record<string, unknown>, fullName?: string, by?: string): void
    setPermission(login: string, permission: Permission): void
    /** Somebody presses a button of a check run, by its identifier. */
    clickButton(fullName: string, check: CheckRun, identifier: string, by?: string): void
    /** Somebody has a check run run again. */
    rerequest(fullName: string, check: CheckRun, by?: string): void
    /** What GitHub holds: in the order of creation. */
    comments(fullName: string, number: number): Promise<readonly Comment[]>
    checkRuns(fullName: string, sha: string): Promise<readonly CheckRun[]>
    issue(fullName: string, number: number): Issue | null
    pullRequest(fullName: string, number: number): PullRequest | null
    /** Resolves when all that was delivered has been answered. */
    whenIdle(): Promise<void>
    close(): Promise<void>
  }

/** Starts a GitHub on 127.0.0.1. */
export async function startFakeGitHub(o: {
  port?: number
  /** Where deliveries go; without it they go nowhere until `deliveries.aim`. */
  webhookUrl?: string
  webhookSecret: string
  organization?: Organization
  /** What the App may do and hears of; what its manifest asks for, unless given. */
  grant?: Grant
  seed?: number
  now?: () => string
  /** How many deliveries may be underway at once; 1 keeps their order. */
  maxConcurrent?: number
}): Promise<FakeGitHub> {
  const organization = o.organization ?? ACME
  const grant = o.grant ?? grantFromManifest()
  const defaultUser = Object.keys(organization.collaborators)[0]!
  const clock = openClock(o.now)
  const random = seededRandom(o.seed ?? 1)
  const faults = openFaults(clock)
  const writes = openWriteLog()
  const deliveries = openDeliveries({
    secret: o.webhookSecret,
    clock,
    random,
    url: o.webhookUrl ?? null,
    maxConcurrent: o.maxConcurrent ?? 1,
  })
  let world: World
  let parts: RouteContext
  let page: Pages
  const told = openWebhooks({ world: () => world, deliveries })
  const sink = { path: `/-/told/${APP.hookId}`, receive: told.receiveFromEmulator }
  const files = openRepositoryFiles(() => world, told.send)
  const keys = { path: `${OIDC_PATH}/.well-known/jwks`, published: () => issuer.keys() }
  const proxy = openProxy({ parts: () => parts, faults, writes, sink, keys, page: (path) => page(path) })
  await new Promise<void>((resolve, reject) => {
    proxy.server.once('error', reject).listen(o.port ?? 0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(proxy.server.address() as AddressInfo).port}`
  // The machine's clock, because whoever trusts the tokens goes by that one.
  const issuer = openOidcIssuer({ url: url + OIDC_PATH, now: () => new Date().toISOString() })
  const emulator = await openEmulator({ organization, grant, baseUrl: url, webhookUrl: url + sink.path })
  world = createWorld({ organization, grant, clock, random, url, emulator })
  await loadOrganization(world)
  const actions = openActions(world, told.send, files, `${APP.slug}[bot]`)
  const people = openUserActions({ world, told, defaultUser })
  const installation = openInstallation({ world, told, defaultUser, runs: () => actions.runs })
  world.users.set(`${APP.slug}[bot]`, { login: `${APP.slug}[bot]`, id: APP.id, type: 'Bot' })

  const known = new Set<string>()
  parts = {
    world,
    actions,
    files,
    deliveries,
    currentToken: openTokenRotation(world),
    getFromEmulator: () => Promise.reject(new Error('asked outside a request')),
    headShaOf: (fullName, branch) => people.headSha(fullName, branch).catch(() => null),
    async commitExists(fullName, sha) {
      if (known.has(sha)) return true
      const found = await emulator.requestAs(defaultUser, 'GET', `/repos/${fullName}/git/commits/${sha}`).then(
        () => true,
        () => false,
      )
      if (found) known.add(sha)
      return found
    },
  }

  async function read<T>(path: string): Promise<T> {
    return normalize(world, JSON.stringify(await emulator.requestAs(defaultUser, 'GET', path))) as T
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

  async function checks(fullName: string, sha: string): Promise<readonly CheckRun[]> {
    const found = await read<{ check_runs: CheckRun[] }>(`/repos/${fullName}/commits/${sha}/check-runs?filter=all`)
    return found.check_runs.toSorted((one, other) => one.id - other.id)
  }

  page = createPages({ world, actions, writes, comments, checkRuns: checks })

  return {
    ...people,
    ...installation,
    injectFault: faults.injectFault,
    clearFaults: faults.clearFaults,
    enforceCreationLimits: faults.enforceCreationLimits,
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
    writeFile: (fullName, path, text, by = defaultUser) => files.write(fullName, path, text, by),
    repositoryId: (fullName) => repositoryOf(world, fullName).id,
    async startRun(fullName, workflow, run = {}) {
      clock.sync()
      const {
        branch = repositoryOf(world, fullName).default_branch,
        title = workflow.replace(/\.ya?ml$/, ''),
        event = 'push',
        by = defaultUser,
      } = run
      const headSha = run.headSha ?? (await people.headSha(fullName, branch))
      return actions.createRun(fullName, workflow, { branch, headSha, title, event, by })
    },
    onDispatch: actions.onDispatch,
    onCancel: actions.onCancel,
    deliver: (event, payload, fullName = [...world.repositories.keys()][0]!, by = defaultUser) =>
      told.send(event, payload, fullName, by),
    setPermission: (login, permission) => void world.permissions.set(login, permission),
    clickButton(fullName, check_run, identifier, by = defaultUser) {
      const requested_action = { identifier }
      told.send('check_run', { action: 'requested_action', check_run, requested_action }, fullName, by)
    },
    rerequest(fullName, check_run, by = defaultUser) {
      told.send('check_run', { action: 'rerequested', check_run }, fullName, by)
    },
    comments,
    checkRuns: checks,
    issue: (fullName, number) => world.issues.get(`${fullName}#${number}`) ?? null,
    pullRequest: (fullName, number) => world.pullRequests.get(`${fullName}#${number}`) ?? null,
    whenIdle: deliveries.whenIdle,
    async close() {
      deliveries.close()
      await proxy.close()
      await emulator.close()
    },
  }
}

const OIDC_PATH = '/-/oidc'
