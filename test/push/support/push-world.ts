// Andon, GitHub, a push service, and people whose browsers ask to be notified.
import { readFileSync } from 'node:fs'
import type { Run } from '../../../fake-github/runs.ts'
import { type AndonApp, BASE_URL, openAndonApp } from '../../support/andon-app.ts'
import { openPushService, type PushBrowser, type PushService } from '../../support/push-service.ts'
import { openVisitor, type Visitor } from '../../support/visitor.ts'

export type PushWorld = AndonApp & {
  readonly push: PushService
  /** A person signs in, and their browser asks for these repositories, or for everything. */
  subscribe(login: string, wishes?: Readonly<Record<string, boolean>>): Promise<Subscribed>
  /** A browser of somebody who is signed in sends the form. */
  ask(visitor: Visitor, fields: Readonly<Record<string, string>>): Promise<number>
  browserOf(visitor: Visitor): Promise<PushBrowser>
  /** Opens an issue whose one stage, `plan`, runs like that. */
  openIssue(run: (run: Run) => void, o?: { title?: string; repository?: string }): Promise<void>
  /** What runs do from now on. */
  letRuns(run: (run: Run) => void): void
  metrics(): Promise<Readonly<Record<string, number>>>
}

export type Subscribed = { readonly visitor: Visitor; readonly browser: PushBrowser }

const ONE_STAGE =
  'stages: { plan: { workflow: plan.yml, attempts: 1 } }\nchecks: { before_pull_request: off }\nbreaker: off\n'

export async function openPushWorld(o: { configuration?: string } = {}): Promise<PushWorld> {
  const push = openPushService()
  const { configuration = ONE_STAGE } = o
  const app = await openAndonApp({ access: 'login', configuration, pushService: push })

  let happens: (run: Run) => void = start
  app.github.onDispatch((run) => happens(run))

  async function browserOf(visitor: Visitor): Promise<PushBrowser> {
    return push.subscribe(JSON.parse((await visitor.get('/account/push')).text).publicKey)
  }

  async function ask(visitor: Visitor, fields: Readonly<Record<string, string>>): Promise<number> {
    return (await visitor.post('/account/push', { token: await visitor.formToken(), ...fields })).status
  }

  return {
    ...app,
    push,
    ask,
    browserOf,
    async subscribe(login, wishes = { '*': true }) {
      const visitor = openVisitor({ ...app, baseUrl: BASE_URL })
      await visitor.signIn(login)
      const browser = await browserOf(visitor)
      const status = await ask(visitor, fieldsOf(browser, wishes))
      if (status !== 204) throw new Error(`the browser of ${login} was refused: ${status}`)
      return { visitor, browser }
    },
    async openIssue(run, { title = 'Retry on flaky upload', repository = app.repository } = {}) {
      happens = run
      app.github.writeFile(repository, '.github/andon.yml', configuration)
      for (const name of ['plan.yml', 'code.yml'])
        app.github.writeFile(repository, `.github/workflows/${name}`, readFileSync(`docs/workflows/${name}`, 'utf8'))
      await app.github.openIssue(repository, { title, labels: ['andon'] })
    },
    letRuns(run) {
      happens = run
    },
    async metrics() {
      const text = await (await fetch(`${app.url}/metrics`)).text()
      const lines = text.split('\n').filter((line) => line.startsWith('andon_push'))
      return Object.fromEntries(lines.map((line) => [line.split(' ')[0], Number(line.split(' ')[1])]))
    },
  }
}

export function fieldsOf(
  { endpoint, p256dh, auth }: PushBrowser,
  wishes: Readonly<Record<string, boolean>> = { '*': true },
): Readonly<Record<string, string>> {
  return { endpoint, p256dh, auth, wishes: JSON.stringify(wishes) }
}

/** The kinds of what a browser was sent, in order. */
export const kindsOf = ({ messages }: PushBrowser) => messages.map(({ content }) => content.kind)

export function start(run: Run): void {
  run.start()
}

export function succeed(run: Run): void {
  run.start()
  run.succeed()
}

export function fail(run: Run): void {
  run.start()
  run.fail()
}
