// Andon with people signed in and an issue whose first stage runs, for tests of the controls.
import { expect } from 'vitest'
import type { Run } from '../../../fake-github/runs.ts'
import { type AndonApp, BASE_URL, openAndonApp } from '../../support/andon-app.ts'
import { type Answer, openVisitor, type Visitor } from '../../support/visitor.ts'

export const CONTROLLED_LINE = `stages:
  plan: { workflow: plan.yml, attempts: 1, gate: approval }
  code: { workflow: code.yml, attempts: 1 }
checks: { before_pull_request: off }
comments: off
`
export const ISSUE_PAGE = '/acme/widgets/issues/1'

export type ControlsWorld = {
  readonly app: AndonApp
  /** The runs that Andon started, which go on until the test ends them. */
  readonly runs: readonly Run[]
  /** Somebody who has signed in. */
  visitorOf(login: string): Promise<Visitor>
  /** Presses, lets GitHub answer, and returns the sentence on the page. */
  pressAndWait(visitor: Visitor, page: string, fields: Record<string, string>): Promise<string>
  /** The latest run ends. */
  runEnds(conclusion: 'success' | 'failure'): Promise<void>
  statusOf(stage: string): Promise<string | undefined>
}

export async function openControlsWorld(): Promise<ControlsWorld> {
  const app = await openAndonApp({ access: 'login', operators: ['ada'], configuration: CONTROLLED_LINE })
  const runs: Run[] = []
  app.github.onDispatch((run) => {
    run.start()
    runs.push(run)
  })
  await app.openLabeledIssue()
  await app.advance(20, { stride: 1 })
  return {
    app,
    runs,
    async visitorOf(login) {
      const visitor = openVisitor({ ...app, baseUrl: BASE_URL })
      await visitor.signIn(login)
      return visitor
    },
    async pressAndWait(visitor, page, fields) {
      const pressed = await press(visitor, page, fields)
      await app.advance(20, { stride: 1 })
      return await resultOf(visitor, pressed)
    },
    async runEnds(conclusion) {
      runs.at(-1)?.conclude(conclusion)
      await app.advance(20, { stride: 1 })
    },
    async statusOf(stage) {
      return (await app.pipeline()).stages.find(({ name }) => name === stage)?.status
    },
  }
}

/** The hidden fields of the forms on a page. */
export function fieldsOf({ text }: Answer): { token: string; press: string } {
  const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(text)?.[1] ?? ''
  return { token: hidden('token'), press: hidden('press') }
}

/** What the page's buttons would send. */
export function offeredOn({ text }: Answer): readonly string[] {
  return [...text.matchAll(/name="control" value="([^"]+)"/g)].map(([, value = '']) => value)
}

/** Sends the form of a page as its reader finds it. */
export async function press(visitor: Visitor, page: string, fields: Record<string, string>): Promise<Answer> {
  const { token, press } = fieldsOf(await visitor.get(page))
  return await visitor.post(page === '/' ? '/press' : `${page}/press`, { token, press, ...fields })
}

/** The sentence about a press, on the page that it led to. */
export async function resultOf(visitor: Visitor, pressed: Answer): Promise<string> {
  expect(pressed.status).toBe(303)
  const { text } = await visitor.get(pressed.headers.get('location') ?? '')
  const [, html = ''] = /<p id="press"[^>]*>(.*?)<\/p>/s.exec(text) ?? []
  return html.replace(/<[^>]+>/g, '').trim()
}
