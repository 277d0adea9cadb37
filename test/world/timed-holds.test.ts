// Holds that end by themselves, through the real door: typed in comments or by the operator, shown everywhere, over at their
// time whatever came before or after, and across restarts.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openOperations } from '../../src/process/operations.ts'
import { type AndonApp, BY_SECONDS, openAndonApp } from '../support/andon-app.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml }
checks: { before_pull_request: off }
`
const EIGHT = '2026-11-20T08:00:00.000Z'

let app: AndonApp

beforeEach(async () => {
  app = await openAndonApp({ configuration: CONFIGURATION })
  await app.openLabeledIssue()
  // Nothing is dispatched before the first command is answered: GitHub is asked about its sender as about the label's.
  await app.comment('/andon hold repository until 2026-11-20 12:00 quiet morning')
  await app.advance(60, BY_SECONDS)
  expect(app.clock.now()).toBe(minutes(1))
})

afterEach(() => app.close())

function minutes(after: number): string {
  return new Date(Date.parse(EIGHT) + after * 60_000).toISOString()
}

/** Nothing happens for long, and then what is due is done. */
async function advanceTo(at: string): Promise<void> {
  app.clock.advance((Date.parse(at) - Date.parse(app.clock.now())) / 1000 - 20)
  await app.advance(20, BY_SECONDS)
}

/** Dispatches that GitHub accepted: a token that has expired meanwhile is renewed after a 401. */
function started(): readonly string[] {
  const done = app.github.writes.ofKind('dispatch').map((write) => write.done)
  return app.dispatched().filter((_, index) => done[index])
}

async function row() {
  const response = await fetch(`${app.url}/api/pipelines/${app.repository}/1`)
  return (await response.json()) as {
    held: boolean
    reason: string
    waiting: { for: string; until: string | null } | null
    history: readonly { type: string; text: string }[]
  }
}

test('a repository held until a time is shown so everywhere, and goes on by itself at that time', async () => {
  const words = 'the repository is held by @linus since 2026-11-20 08:00 UTC until 2026-11-20 12:00 UTC: quiet morning'
  expect(started()).toEqual([])
  expect(await row()).toMatchObject({
    held: true,
    reason: `waiting: ${words}; then attempt 1 of 3`,
    waiting: { for: 'the end of the hold', until: '2026-11-20T12:00:00.000Z' },
  })
  expect(await app.replies()).toEqual([expect.stringContaining('until 2026-11-20 12:00 UTC')])
  const page = await (await fetch(`${app.url}/`)).text()
  expect(page).toContain('<time datetime="2026-11-20T12:00:00.000Z">2026-11-20 12:00 UTC</time>')
  expect(app.github.comments(app.repository, 1).some(({ body }) => body.includes('until 2026-11-20 12:00 UTC'))).toBe(
    true,
  )

  await advanceTo('2026-11-20T11:59:30.000Z')
  expect(started()).toEqual([])
  await app.advance(90, BY_SECONDS)
  expect(started()).toEqual(['1/plan/1'])
  expect((await row()).held).toBe(false)
  expect(await (await fetch(`${app.url}/`)).text()).not.toContain('quiet morning')
})

test.each([
  ['for 2h', '2026-11-20T10:01:00.000Z'],
  ['for 90 minutes', '2026-11-20T09:31:00.000Z'],
  ['until 9:45', '2026-11-20T09:45:00.000Z'],
  ['until 12:00 +0200', '2026-11-20T10:00:00.000Z'],
  ['until 2026-11-20T09:10Z', '2026-11-20T09:10:00.000Z'],
])('an issue held %s goes on at %s', async (end, at) => {
  await app.comment(`/andon hold ${end} lunch`)
  await app.comment('/andon resume repository')
  await app.advance(60, BY_SECONDS)
  const shown = `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`
  expect((await row()).reason).toBe(
    `held by @linus since 2026-11-20 08:01 UTC until ${shown}: lunch; then attempt 1 of 3`,
  )
  await advanceTo(new Date(Date.parse(at) - 10_000).toISOString())
  expect(started()).toEqual([])
  await app.advance(60, BY_SECONDS)
  expect(started()).toEqual(['1/plan/1'])
  const { history } = await row()
  expect(history.map(({ text }) => text)).toContain(
    `this issue is no longer held: the hold by @linus ended at ${shown}`,
  )
})

test.each([
  ['a hold that lasts longer', ['/andon hold repository until 14:00 fire'], 360],
  ['a hold without an end', ['/andon hold repository fire'], null],
  ['a resume and a hold', ['/andon resume repository\n/andon hold repository until 16:00 fire'], 480],
  ['a shorter hold', ['/andon hold repository until 10:00 fire'], 240],
])('after %s the end of the first hold changes nothing', async (_, commands, goesOnAt) => {
  for (const command of commands) {
    await app.comment(command)
    await app.advance(30, BY_SECONDS)
  }
  await advanceTo(minutes((goesOnAt ?? 600) - 1))
  expect(started()).toEqual([])
  await app.advance(120, BY_SECONDS)
  expect(started()).toEqual(goesOnAt === null ? [] : ['1/plan/1'])
})

test('a hold that was resumed before its end leaves no end behind', async () => {
  await app.comment('/andon resume repository')
  await app.advance(30, BY_SECONDS)
  expect(started()).toEqual(['1/plan/1'])
  await app.comment('/andon hold repository fire')
  await app.advance(30, BY_SECONDS)
  await advanceTo(minutes(241))
  expect((await row()).reason).toContain('fire')
})

test('a hold of everything ends at its time, also while no process ran then, and a later one stays', async () => {
  const { database, andon, clock } = app
  const operations = openOperations({ database, door: andon.door, now: clock.now })
  await app.comment('/andon resume repository')
  await operations.setGlobalHold('root', 'the runners move', { kind: 'for', minutes: 60 })
  await app.advance(60, BY_SECONDS)
  expect((await row()).reason).toContain(
    'everything is held by root since 2026-11-20 08:01 UTC until 2026-11-20 09:01 UTC',
  )
  // A process that was stopped over the end takes the hold off as soon as it is back.
  clock.advance(2 * 60 * 60)
  const again = await app.startAnother()
  await app.advance(60, { andons: [again], stride: 1 })
  expect(started()).toEqual(['1/plan/1'])
  expect((await operations.setGlobalHold('root', 'again')).outcome).toBe('done')
})

test.each([
  ['until monday the release is out', 'After `until`, a hold takes a time in UTC, a date, or both'],
  ['until 2026-11-31 x', 'After `until`, a hold takes a time in UTC, a date, or both'],
  ['for a while', 'After `for`, a hold takes minutes, hours or days'],
  ['until 2026-11-19 x', 'nothing is held: 2026-11-19 00:00 UTC is over'],
  ['until 2029-01-01 x', 'nothing is held: a hold with an end lasts at most 366 days'],
])('`/andon hold %s` holds nothing and says why', async (end, words) => {
  const id = await app.comment(`/andon hold ${end}`)
  await app.advance(60, BY_SECONDS)
  expect(app.reactions(id)).toEqual(['confused'])
  expect((await app.replies()).join('\n')).toContain(words)
  expect((await app.pipeline()).holdsAndReleases).toBeUndefined()
})
