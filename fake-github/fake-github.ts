// A GitHub that runs on this machine: real enough that Andon authenticates, receives webhooks and gets answers, over HTTP
// or inside one process, and that fails on demand.
import type { AddressInfo } from 'node:net'
import { type Actions, openActions } from './actions.ts'
import { openApi } from './api.ts'
import { type AppKeys, openAppKeys } from './app-keys.ts'
import { checkRunsOn } from './check-runs.ts'
import { openClock } from './clock.ts'
import { createWorld } from './create-world.ts'
import { type Deliveries, openDeliveries } from './deliveries.ts'
import { type Faults, openFaults } from './faults.ts'
import { openRepositoryFiles } from './files.ts'
import { type Grant, grantFromManifest } from './grant.ts'
import type { Hook } from './hook-routes.ts'
import { openInProcessFetch } from './in-process.ts'
import { type Installation, openInstallation } from './installation.ts'
import { commentsOn, reactionsTo } from './issue-comments.ts'
import { openOidcIssuer, runClaims } from './oidc-issuer.ts'
import { ACME, APP, type Organization, type Permission } from './organization.ts'
import { createPages } from './pages.ts'
import { seededRandom } from './random.ts'
import { openRepositoryActions, type RepositoryActions } from './repository-actions.ts'
import type { Workflow } from './run-state.ts'
import type { Run } from './runs.ts'
import { type GitHubServer, openServer } from './server.ts'
import { CLIENT, forgetAuthorization, grantAccess } from './sign-in.ts'
import { openUserActions, type UserActions } from './user-actions.ts'
import { openWebhooks } from './webhooks.ts'
import { type CheckRun, type Comment, type Issue, type PullRequest, repositoryOf } from './world.ts'
import { openWriteLog, type WriteLog } from './write-log.ts'

export type FakeGitHub = UserActions &
  Installation &
  RepositoryActions &
  AppKeys &
  Pick<Faults, 'injectFault' | 'chooseFaults' | 'chooseTokenFaults' | 'clearFaults' | 'enforceLimits'> &
  Pick<Actions, 'onDispatch' | 'onCancel' | 'listing'> & {
    /** Root of the API and of the pages; only `fetch` reaches it unless the server listens. */
    readonly url: string
    /** The API for a client in this process. */
    readonly fetch: typeof fetch
    readonly appId: number
    readonly privateKey: string
    readonly webhookSecret: string
    readonly installationId: number
    /** Full names. */
    readonly repositories: readonly string[]
    readonly deliveries: Deliveries
    readonly writes: WriteLog
    readonly runs: readonly Run[]
    /** The issuer of the tokens of workflow runs. */
    readonly oidcIssuer: string
    /** The token of a workflow run. */
    idToken(run: Run, audience: string): Promise<string>
    /** Puts a file on the default branch; null deletes it. */
    writeFile(fullName: string, path: string, text: string | null, by?: string): void
    /** Enables or disables a workflow, of which GitHub tells nobody. */
    setWorkflowState(fullName: string, file: string, state: Workflow['state']): void
    repositoryId(fullName: string): number
    /** A commit on no branch. */
    addCommit(fullName: string, sha: string): void
    /** Starts a workflow run, as a push or an agent would. */
    startRun(
      fullName: string,
      workflow: string,
      o?: { branch?: string; title?: string; event?: string; by?: string; headSha?: string; fork?: string },
    ): Promise<Run>
    /** Any delivery, sent as one about the repository. */
    deliver(event: string, payload: Record<string, unknown>, fullName?: string, by?: string): void
    /** Changes how the App's webhook is set. */
    setHook(change: Partial<Hook>): void
    setPermission(login: string, permission: Permission): void
    /** The App's client, with which people sign in. */
    readonly client: { readonly id: string; readonly secret: string }
    /** A person allows the App to know them: follows the address that it sent them to, and returns where GitHub leads. */
    authorize(address: string, login: string): Promise<string>
    /** A person takes that back; GitHub always tells. */
    revokeAuthorization(login: string): void
    /** Lets a person see a repository or no longer; told only to Apps that subscribe to `member`, and not if `tells` is false. */
    setAccess(login: string, fullName: string, sees: boolean, o?: { tells?: boolean }): void
    /** Expires every token of a person at once, but not the ones that refresh them. */
    expireUserTokens(): void
    /** A user clicks a button of a check run, by its identifier. */
    clickButton(fullName: string, check: CheckRun, identifier: string, by?: string): void
    /** A user re-runs a check run. */
    rerequest(fullName: string, check: CheckRun, by?: string): void
    /** The stored objects, oldest first: of one issue or commit, or all. */
    comments(fullName: string, number?: number): readonly Comment[]
    checkRuns(fullName: string, sha?: string): readonly CheckRun[]
    /** The reactions to a comment, oldest first. */
    reactions(commentId: number): readonly string[]
    /** Why a comment is folded away, as GraphQL's `minimizedReason`; null while it is shown. */
    minimizedReason(commentId: number): string | null
    issue(fullName: string, number: number): Issue | null
    pullRequest(fullName: string, number: number): PullRequest | null
    /** Resolves when every delivery has been answered. */
    whenIdle(): Promise<void>
    close(): Promise<void>
  }

/** Opens a GitHub that listens on 127.0.0.1, unless only this process needs it. */
export async function startFakeGitHub(o: {
  listens?: boolean
  port?: number
  /** The receiver of deliveries; without one nothing is sent until `deliveries.setTarget`. */
  webhookUrl?: string
  webhookSecret: string
  organization?: Organization
  /** The permissions and events of the App; those of its manifest by default. */
  grant?: Grant
  installationId?: number
  seed?: number
  now?: () => string
  /** GitHub's own clock, where `now` dates what happens back. */
  answerNow?: () => string
  /** How many deliveries may be in progress at once; 1 keeps their order. */
  maxConcurrent?: number
}): Promise<FakeGitHub> {
  const organization = o.organization ?? ACME
  const grant = o.grant ?? grantFromManifest()
  const installationId = o.installationId ?? APP.installationId
  const defaultUser = Object.keys(organization.collaborators)[0]!
  const clock = openClock(o.now, o.answerNow)
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
  const server = openServer({ api: () => api, page: (path) => page(path) })
  const url = o.listens === false ? 'http://github.test' : await listen(server, o.port ?? 0)
  const issuer = openOidcIssuer({ url: url + OIDC_PATH, now: o.now ?? (() => new Date().toISOString()) })
  const world = createWorld({ organization, grant, clock, random, url, installationId })
  const webhooks = openWebhooks({ world, deliveries })
  const files = openRepositoryFiles(world, webhooks.send)
  const actions = openActions(world, webhooks.send, files, `${APP.slug}[bot]`)
  const people = openUserActions({ world, webhooks, defaultUser })
  const installation = openInstallation({ world, webhooks, defaultUser })
  const repositories = openRepositoryActions({ world, webhooks, defaultUser, runs: () => actions.runs })
  const { privateKey, keys: appKeys, ...keyActions } = openAppKeys(world)
  const keys = { path: `${OIDC_PATH}/.well-known/jwks`, published: issuer.keys }
  const { webhookSecret } = o
  const { install } = installation
  const app = { privateKey, webhookSecret, install, person: defaultUser }
  const parts = { world, webhooks, actions, files, deliveries, ...app }
  const api = openApi({ parts, appKeys, faults, writes, keys })

  const comments = (fullName: string, number?: number) => commentsOn(world, repositoryOf(world, fullName).id, number)
  const checkRuns = (fullName: string, sha?: string) => checkRunsOn(world, repositoryOf(world, fullName).id, sha)
  const page = createPages({ world, actions, writes, comments, checkRuns })

  return {
    ...people,
    ...installation,
    ...repositories,
    ...keyActions,
    injectFault: faults.injectFault,
    chooseFaults: faults.chooseFaults,
    chooseTokenFaults: faults.chooseTokenFaults,
    clearFaults: faults.clearFaults,
    enforceLimits: faults.enforceLimits,
    url,
    fetch: openInProcessFetch(api),
    appId: APP.id,
    privateKey,
    webhookSecret: o.webhookSecret,
    installationId,
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
    addCommit: (fullName, sha) => world.git.addCommit(repositoryOf(world, fullName).id, sha),
    writeFile: (fullName, path, text, by = defaultUser) => files.write(fullName, path, text, by),
    setWorkflowState(fullName, file, state) {
      actions.workflow(fullName, file).state = state
    },
    repositoryId: (fullName) => repositoryOf(world, fullName).id,
    async startRun(fullName, workflow, run = {}) {
      const {
        branch = repositoryOf(world, fullName).default_branch,
        title = workflow.replace(/\.ya?ml$/, ''),
        event = 'push',
        by = defaultUser,
        fork = null,
      } = run
      const headSha = run.headSha ?? (await people.headSha(fullName, branch))
      return actions.createRun(fullName, workflow, { branch, headSha, title, event, by, fork })
    },
    onDispatch: actions.onDispatch,
    onCancel: actions.onCancel,
    listing: actions.listing,
    deliver: (event, payload, fullName = [...world.repositories.keys()][0]!, by = defaultUser) =>
      webhooks.send(event, payload, fullName, by),
    setHook(change) {
      world.hook = { ...world.hook, ...change }
    },
    setPermission: (login, permission) => void world.permissions.set(login, permission),
    client: CLIENT,
    async authorize(address, login) {
      const asked = new URL(address)
      asked.searchParams.set('login', login)
      const headers = { get: () => null }
      const answer = await api.respond({ method: 'GET', url: asked, headers, body: '' })
      const location = typeof answer === 'string' ? undefined : answer.headers?.location
      if (location === undefined) throw new Error(`GitHub does not authorize ${address}`)
      return location
    },
    revokeAuthorization(login) {
      forgetAuthorization(world, login)
      webhooks.sendInstallationEvent('github_app_authorization', { action: 'revoked' }, login)
    },
    setAccess(login, fullName, sees, { tells = true } = {}) {
      grantAccess(world, login, fullName, sees)
      if (!tells) return
      const payload = { action: sees ? 'added' : 'removed', member: world.users.get(login) }
      webhooks.send('member', payload, fullName, defaultUser)
    },
    expireUserTokens() {
      for (const [token, held] of world.authorization.tokens)
        world.authorization.tokens.set(token, { ...held, expiresAt: 0 })
    },
    clickButton(fullName, check_run, identifier, by = defaultUser) {
      const requested_action = { identifier }
      webhooks.send('check_run', { action: 'requested_action', check_run, requested_action }, fullName, by)
    },
    rerequest(fullName, check_run, by = defaultUser) {
      webhooks.send('check_run', { action: 'rerequested', check_run }, fullName, by)
    },
    comments,
    checkRuns,
    reactions: (commentId) => reactionsTo(world, commentId).map(({ content }) => content),
    minimizedReason: (commentId) => world.comments.get(commentId)?.minimized ?? null,
    issue: (fullName, number) => world.issues.get(`${fullName}#${number}`) ?? null,
    pullRequest: (fullName, number) => world.pullRequests.get(`${fullName}#${number}`) ?? null,
    whenIdle: deliveries.whenIdle,
    async close() {
      deliveries.close()
      await server.close()
    },
  }
}

const OIDC_PATH = '/-/oidc'

async function listen({ server }: GitHubServer, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
