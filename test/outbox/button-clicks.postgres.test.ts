// People click buttons and hold issues on a dispatched line: signed deliveries go in, GitHub is asked for permissions,
// and the board, the checks and the dispatches come out.

import { afterEach, expect, test } from 'vitest'
import type { CheckRun } from '../../fake-github/world.ts'
import { describeChange } from '../../src/render/history.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'

const GATED_ANDON_YML = `stages:
  plan: { workflow: plan.yml, attempts: 1, gate: approval }
  code: { workflow: code.yml }
`
const UNGATED_ANDON_YML = `stages:
  plan: { workflow: plan.yml }
  code: { workflow: code.yml }
`

let app: AndonApp
/** The users whose permission GitHub was asked for, in that order. */
let askedUsers: string[]
afterEach(() => app.close())

test.each([
  ['Retry', 0, (check: CheckRun, by: string) => app.github.clickButton(app.repository, check, 'retry', by)],
  // From then on GitHub shows the check as queued, until it is written again.
  ['Re-run', 1, (check: CheckRun, by: string) => app.github.rerequest(app.repository, check, by)],
])(
  'a click on %s at a failed check, delivered five times, starts the stage once, and a reader’s click never',
  async (_, written, click) => {
    await startPipeline(GATED_ANDON_YML)
    runOf('plan').fail()
    await pass()
    expect(await buttonsOn('plan')).toEqual(['retry', 'hold'])
    // The comment that asks for a person mentions one who may write.
    expect(askedUsers.splice(0)).toEqual(['ada'])
    const before = await standing()

    click(await checkOf('plan'), 'passerby')
    await pass()
    expect(askedUsers.splice(0)).toEqual(['passerby'])
    expect(await standing()).toEqual({ ...before, writes: before.writes + written })

    click(await checkOf('plan'), 'linus')
    await redeliver(4)
    await pass()
    expect(askedUsers).toEqual(['linus'])
    expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2'])
    expect(await commentsOf()).toEqual([
      'linus: retry was pressed on the check of plan: plan: attempt 2 of 2 waits for a slot',
    ])
    runOf('plan').start()
    await pass()
    expect(await buttonsOn('plan')).toEqual(['hold'])
  },
)

test('a click on Approve at a gate, delivered five times, opens the gate once, and a reader’s click never', async () => {
  await startPipeline(GATED_ANDON_YML)
  runOf('plan').succeed()
  await pass()
  expect(await buttonsOn('plan')).toEqual(['approve', 'hold'])
  expect(askedUsers.splice(0)).toEqual(['ada'])
  const before = await standing()
  const check = await checkOf('plan')

  app.github.clickButton(app.repository, check, 'approve', 'passerby')
  await pass()
  expect(askedUsers.splice(0)).toEqual(['passerby'])
  expect(await standing()).toEqual(before)

  app.github.clickButton(app.repository, check, 'approve', 'linus')
  await redeliver(4)
  await pass()
  expect(askedUsers).toEqual(['linus'])
  expect(app.dispatched()).toEqual(['1/plan/1', '1/code/1'])
  expect(await buttonsOn('plan')).toEqual([])

  // An open page still shows the old button.
  app.github.clickButton(app.repository, check, 'approve', 'linus')
  await pass()
  expect(app.dispatched()).toEqual(['1/plan/1', '1/code/1'])
  expect(await commentsOf()).toEqual([
    'linus: approve was pressed on the check of plan: plan: attempt 1 of 1 succeeded, approved by @linus',
    'linus: approve was pressed on the check of plan: plan: attempt 1 of 1 succeeded, approved by @linus; no gate waits for an approval there',
  ])
})

test('a click on Hold, delivered five times, holds the issue once and stops its next dispatch, and a click on Resume lets it go', async () => {
  await startPipeline(UNGATED_ANDON_YML)
  app.github.clickButton(app.repository, await checkOf('plan'), 'hold', 'passerby')
  await pass()
  expect(await buttonsOn('plan')).toEqual(['hold'])
  app.github.clickButton(app.repository, await checkOf('plan'), 'hold', 'linus')
  await redeliver(4)
  runOf('plan').succeed()
  await pass()
  expect(app.dispatched()).toEqual(['1/plan/1'])
  const words = /held by @linus since [^:]*:\d\d UTC: Hold was pressed on the check of plan/
  expect((await checkOf('code')).output.title).toMatch(words)
  expect(await (await fetch(`${app.url}/${app.repository}/issues/1`)).text()).toMatch(words)
  expect(await commentsOf()).toEqual([])

  expect(await buttonsOn('code')).toEqual(['resume'])
  app.github.clickButton(app.repository, await checkOf('code'), 'resume', 'linus')
  await pass(60)
  expect(app.dispatched()).toEqual(['1/plan/1', '1/code/1'])
  expect(await buttonsOn('code')).toEqual(['hold'])
})

test('a comment holds an issue on every surface and stops its dispatches, and a comment releases it', async () => {
  await startPipeline(UNGATED_ANDON_YML)
  const hold = await app.comment('/andon hold the runner is being moved')
  await pass()
  runOf('plan').succeed()
  await pass()
  expect(app.reactions(hold)).toEqual(['rocket'])
  expect(app.dispatched()).toEqual(['1/plan/1'])
  const words = 'the runner is being moved'
  const { url } = app
  for (const path of ['/', `/${app.repository}`, `/${app.repository}/issues/1`]) {
    expect(await (await fetch(url + path)).text()).toContain(words)
  }
  expect(await (await fetch(`${url}/api/pipelines`)).json()).toMatchObject({
    counts: { held: 1, queued: 1 },
    pipelines: [{ light: 'queued', stage: 'code', held: true, reason: expect.stringContaining(words) }],
  })
  expect((await checkOf('code')).output.summary).toContain(words)
  const comments = app.github.comments(app.repository, 1)
  expect(comments.find(({ body }) => body.includes('/code -->'))?.body).toContain(words)

  await app.comment('/andon resume', { by: 'passerby' })
  await pass()
  expect(app.dispatched()).toEqual(['1/plan/1'])
  await app.comment('/andon resume')
  await pass(60)
  expect(app.dispatched()).toEqual(['1/plan/1', '1/code/1'])
  expect((await checkOf('code')).output.summary).not.toContain(words)
})

/** Labels an issue and lets its plan run. */
async function startPipeline(configuration: string): Promise<void> {
  askedUsers = []
  app = await openAndonApp({ configuration })
  app.github.chooseFaults(({ path }) => {
    const who = /\/collaborators\/([^/]+)\/permission$/.exec(path)?.[1]
    if (who !== undefined) askedUsers.push(who)
    return null
  })
  await app.openLabeledIssue()
  await pass()
  runOf('plan').start()
  await pass()
  askedUsers.splice(0)
}

/** Long enough for GitHub to be asked, and for what follows. Writes are apart: one in each ten seconds. */
const pass = (seconds = 40) => app.advance(seconds)

/** The latest run of a stage's workflow. */
function runOf(stage: string) {
  const run = app.github.runs.findLast(({ state }) => state.workflow.file === `${stage}.yml`)
  if (run === undefined) throw new Error(`no run of ${stage} has begun`)
  return run
}

async function checkOf(stage: string): Promise<CheckRun> {
  const checks = app.github.checkRuns(app.repository, await app.github.headSha(app.repository, 'main'))
  const check = checks.find(({ external_id }) => external_id.split('/')[1] === stage)
  if (check === undefined) throw new Error(`${stage} has no check`)
  return check
}

/** The buttons of a stage's check: reading check runs does not return them, so they are taken from the writes. */
async function buttonsOn(stage: string): Promise<readonly string[]> {
  const { id, external_id } = await checkOf(stage)
  const bodies = app.github.writes.all
    .filter(({ path, done }) => done && /\/check-runs(\/\d+)?$/.test(path))
    .filter(({ path, body }) => path.endsWith(`/${id}`) || (body as CheckRun).external_id === external_id)
    .map(({ body }) => body as { actions?: readonly { identifier: string }[] })
  return bodies.at(-1)?.actions?.map(({ identifier }) => identifier) ?? []
}

/** Delivers the last delivery again, at once and later. */
async function redeliver(times: number): Promise<void> {
  const { deliveries, whenIdle } = app.github
  await whenIdle()
  const id = deliveries.log.at(-1)?.id ?? 0
  for (let again = 0; again < times; again += 1) {
    await deliveries.redeliver(id)
    if (again % 2 === 1) await pass()
  }
}

/** Everything that a person could see of the pipeline, and everything that was written to GitHub. */
async function standing() {
  const { document } = await app.database.kysely.selectFrom('pipelines').select('document').executeTakeFirstOrThrow()
  return { document, comments: await commentsOf(), writes: app.github.writes.all.length }
}

/** The history entries about buttons. */
async function commentsOf(): Promise<readonly string[]> {
  const rows = await app.database.kysely
    .selectFrom('history')
    .select(['actor', 'detail'])
    .where('type', 'like', 'button.%')
    .orderBy('id')
    .execute()
  return rows.map(({ actor, detail }) => `${actor}: ${describeChange(detail)}`)
}
