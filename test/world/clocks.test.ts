// What owners do to repositories and to the App is delivered late, twice or never. The payloads are GitHub's own; a failed
// delivery is redelivered as operators do it.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AndonApp, BY_SECONDS, openAndonApp } from '../support/andon-app.ts'
import { readAllRows } from '../support/board-api.ts'

let app: AndonApp

beforeEach(async () => {
  app = await openAndonApp()
  await app.openLabeledIssue()
  await app.advance(30)
  expect(await onBoard()).toEqual([1])
})

afterEach(() => app.close())

async function onBoard(): Promise<readonly number[]> {
  return (await readAllRows(app.url)).map(({ issue }) => issue).sort()
}

/** Acts while no delivery gets through, minutes apart; resolves to the ids of the failed deliveries, oldest first. */
async function undelivered(...acts: readonly (() => unknown)[]): Promise<readonly number[]> {
  const known = app.github.deliveries.log.length
  app.github.deliveries.injectFaults({ fail: 1 })
  for (const act of acts) {
    app.clock.advance(60)
    await act()
    await app.github.whenIdle()
  }
  app.github.deliveries.clearFaults()
  return app.github.deliveries.log.slice(known).map(({ id }) => id)
}

async function redeliver(...ids: readonly (number | undefined)[]): Promise<void> {
  for (const id of ids) await app.github.deliveries.redeliver(id ?? 0)
}

/** Another issue is labelled; resolves to whether its plan is started. */
async function startsAnother(): Promise<boolean> {
  const before = app.dispatched().length
  await app.github.openIssue(app.repository, { title: 'Another', labels: ['andon'] })
  await app.advance(60)
  return app.dispatched().length === before + 1
}

const archive = () => app.github.setArchived(app.repository, true)
const unarchive = () => app.github.setArchived(app.repository, false)

test('archived, redelivered after unarchived, changes nothing', async () => {
  const [archived, unarchived] = await undelivered(archive, unarchive)
  await redeliver(unarchived, archived)
  await app.advance(60)
  expect(await startsAnother()).toBe(true)
  expect(await onBoard()).toEqual([1, 2])
})

test('archived and unarchived, redelivered in their order, leave the repository where it is', async () => {
  await redeliver(...(await undelivered(archive, unarchive)))
  await app.advance(60)
  expect(await startsAnother()).toBe(true)
  expect(await onBoard()).toEqual([1, 2])
})

test('an archived repository leaves the board, and comes back although the end of it was never delivered', async () => {
  archive()
  await app.advance(60)
  expect(await onBoard()).toEqual([])
  await undelivered(unarchive)
  expect(await startsAnother()).toBe(true)
  expect(await onBoard()).toEqual([1, 2])
})

test('while GitHub does not answer whether it is there, a repository stays on the board and starts nothing new', async () => {
  const [archived] = await undelivered(archive, unarchive)
  const heal = app.github.injectFault({ requests: 'read', kind: '502-before' })
  await redeliver(archived)
  await app.github.openIssue(app.repository, { title: 'Another', labels: ['andon'] })
  await app.advance(120)
  expect(await onBoard()).toEqual([1, 2])
  expect(app.dispatched()).toEqual(['1/plan/1'])
  heal()
  await app.advance(600)
  expect(app.dispatched()).toEqual(['1/plan/1', '2/plan/1'])
})

test.each([
  ['suspend', () => [app.github.suspend, app.github.unsuspend]],
  [
    'removed',
    () => [() => app.github.removeRepository(app.repository), () => app.github.addRepository(app.repository)],
  ],
  ['deleted', () => [app.github.uninstall, app.github.reinstall]],
] as const)('%s, redelivered after it was undone, silences nothing', async (_, acts) => {
  const [done, undone] = await undelivered(...acts())
  await redeliver(undone, done)
  await app.advance(120)
  expect(await startsAnother()).toBe(true)
  expect(await onBoard()).toEqual([1, 2])
})

test.each([
  ['suspend', () => [app.github.suspend, app.github.unsuspend]],
  [
    'removed',
    () => [() => app.github.removeRepository(app.repository), () => app.github.addRepository(app.repository)],
  ],
  ['deleted', () => [app.github.uninstall, app.github.reinstall]],
] as const)('%s is believed, and its end is found although it was never delivered', async (_, acts) => {
  const [act, undo] = acts()
  act?.()
  await app.advance(120)
  expect(app.github.writes.ofKind('dispatch')).toHaveLength(1)
  await undelivered(() => undo?.())
  expect(await startsAnother()).toBe(true)
  expect(await onBoard()).toEqual([1, 2])
})

test('a name that is redelivered late does not undo a later one', async () => {
  let name = app.repository
  const rename = (to: string) => async () => {
    name = await app.github.renameRepository(name, to)
  }
  const [first, second] = await undelivered(rename('gadgets'), rename('gizmos'))
  await redeliver(second, first)
  await app.advance(30)
  expect((await readAllRows(app.url)).map(({ repository }) => repository)).toEqual(['acme/gizmos'])
})

test('publicized, redelivered after privatized, makes nothing public', async () => {
  const hide = (isPrivate: boolean) => () => app.github.setPrivate(app.repository, isPrivate)
  const [published, hidden] = await undelivered(hide(false), hide(true))
  await redeliver(hidden, published)
  await app.advance(30)
  const row = await app.database.kysely.selectFrom('repositories').select('private').executeTakeFirstOrThrow()
  expect(row.private).toBe(true)
})

test('of private and public within one second, GitHub is asked which came last', async () => {
  app.github.setPrivate(app.repository, true)
  app.github.setPrivate(app.repository, false)
  await app.advance(30, BY_SECONDS)
  const row = await app.database.kysely.selectFrom('repositories').select('private').executeTakeFirstOrThrow()
  expect(row.private).toBe(false)
})

test('a deleted repository leaves the board, and what is delivered late brings it back to nobody', async () => {
  const [opened] = await undelivered(() => app.github.openIssue(app.repository, { title: 'Late', labels: ['andon'] }))
  app.github.deleteRepository(app.repository)
  await app.advance(60)
  expect(await onBoard()).toEqual([])
  await redeliver(opened)
  await app.advance(120)
  expect(await onBoard()).toEqual([])
  expect(app.dispatched()).toEqual(['1/plan/1'])
})
