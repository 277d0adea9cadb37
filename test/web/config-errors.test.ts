// The mistakes in a repository's file: from the push that brings them to the page, the stream and the check, until they
// are fixed.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { type EventReader, openEventReader } from '../support/event-reader.ts'
import { MISTAKE_NOTICE } from './support/board-fixtures.ts'
import { HELD_PLACES } from './support/held-board.ts'
import { openSite, openStubBoard } from './support/site-world.ts'

const FILE = '.github/andon.yml'
const GOOD = 'stages:\n  plan: { workflow: plan.yml }\n'
const FILE_MISTAKES = 'stages:\n  plan: { workflow: plan.yml, timout: 20m }\n'
const HOSTILE = `"<img src=x onerror=alert(1)> @alice": 1\nstages: { plan: { workflow: "<script>alert(2)</script>" } }\n`

let app: AndonApp
let repository: string
beforeEach(async () => {
  app = await openAndonApp()
  repository = app.github.repositories[0] ?? ''
})
afterEach(() => app.close())

test('a mistake shows on every page of the repository, on the stream and in one check, until it is fixed', async () => {
  await push(GOOD)
  expect(app.github.writes.all).toEqual([])
  const stream = await openEventReader(`${app.url}/events?repository=${encodeURIComponent(repository)}`)
  expect(await noticesOn(stream)).toContain(' hidden')

  await push(FILE_MISTAKES)
  expect(await noticesOn(stream)).toMatch(/line 2.*stages\.plan\.timout.*did you mean <code>timeout<\/code>/)
  for (const path of ['/', `/${repository}`]) {
    const notice = await noticeOn(path)
    expect(notice).toContain('1 mistake')
    expect(notice).toMatch(
      /In force: <a href="[^"]*\/commit\/[0-9a-f]{40}"[^>]*>the last good version, of [0-9a-f]{7}</,
    )
    expect(notice).toMatch(/<a class="file-position" href="[^"]*\/blob\/[0-9a-f]{40}\/\.github\/andon\.yml#L2"/)
  }
  const checks = await checksOf(repository)
  expect(checks).toMatchObject([
    { name: 'andon / configuration', conclusion: 'neutral', output: { title: 'line 2: stages.plan.timout' } },
  ])

  const mistaken = await app.github.headSha(repository, 'main')
  await push(GOOD)
  expect(await noticesOn(stream)).toContain(' hidden')
  expect(await noticeOn(`/${repository}`)).toBe('')
  expect(app.github.checkRuns(repository, mistaken)).toHaveLength(1)
  expect(await checksOf(repository)).toEqual([])
  stream.close()
})

test('without an earlier valid version Andon says that it only watches, on the page of an issue too', async () => {
  await push(FILE_MISTAKES)
  await app.github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
  await app.advance(10)
  const { issue } = (await pipelines())[0] ?? { issue: 0 }
  expect(await noticeOn(`/${repository}/issues/${issue}`)).toContain('nothing yet, so Andon only observes')
})

test('a lost answer leaves one check', async () => {
  app.github.injectFault({ requests: 'check', kind: '502-after', maxTimes: 1 })
  await push(FILE_MISTAKES)
  await app.advance(120)
  expect(await checksOf(repository)).toHaveLength(1)
})

test('text from the file is inert on the page and in the check', async () => {
  await push(HOSTILE)
  const notice = await noticeOn(`/${repository}`)
  expect(notice).toContain('2 mistakes')
  expect(notice).not.toMatch(/<(img|script)|onerror="/i)
  const [check] = await checksOf(repository)
  expect(check?.output.summary).not.toMatch(/<(img|script)|@alice/)
})

test('a board with many held and misconfigured repositories lists the first of each, and says that there are more', async () => {
  const floor = openStubBoard()
  const site = await openSite(floor.reader)
  const named = <T>(one: T, count: number) =>
    Array.from({ length: count }, (_, nth) => ({ ...one, repository: `acme/r${nth}` }))
  const hold = HELD_PLACES[1]!
  for (const [count, says] of [
    [20, false],
    [21, true],
  ] as const) {
    floor.showHolds(named(hold, count))
    floor.showMistakes(named(MISTAKE_NOTICE, count))
    const html = await (await fetch(site.url)).text()
    expect(html.match(/<p class="hold">/g)).toHaveLength(20)
    expect(html.match(/<div class="invalid-configuration">/g)).toHaveLength(20)
    expect(html.includes('More repositories are held')).toBe(says)
    expect(html.includes('More repositories have mistakes in their files')).toBe(says)
  }
  await site.close()
})

test('a closed board shows no mistakes', async () => {
  const floor = openStubBoard()
  floor.showMistakes([MISTAKE_NOTICE])
  const site = await openSite(floor.reader, { access: 'login' })
  for (const path of ['/', '/acme/widgets', '/events', '/api/pipelines']) {
    const answer = await fetch(site.url + path)
    expect(answer.status).toBe(403)
    expect(await answer.text()).not.toContain('timout')
  }
  await site.close()
})

async function push(text: string): Promise<void> {
  app.github.writeFile(repository, FILE, text)
  await app.advance(10)
}

/** The next list of mistakes that the stream sends. */
async function noticesOn(stream: EventReader): Promise<string> {
  for (;;) {
    const [, drawn] =
      /(<section id="configuration-problems".*?<\/section>)/.exec((await stream.nextMessage('message')).data) ?? []
    if (drawn !== undefined) return drawn
  }
}

async function noticeOn(path: string): Promise<string> {
  const page = await (await fetch(app.url + path)).text()
  return /<div class="invalid-configuration">.*<\/section>/s.exec(page)?.[0] ?? ''
}

async function pipelines(): Promise<readonly { issue: number }[]> {
  return ((await (await fetch(`${app.url}/api/pipelines`)).json()) as { pipelines: { issue: number }[] }).pipelines
}

async function checksOf(fullName: string) {
  const { configurationHeadSha } = await app.database.kysely
    .selectFrom('repositories')
    .select('configurationHeadSha')
    .where('fullName', '=', fullName)
    .executeTakeFirstOrThrow()
  return app.github.checkRuns(fullName, configurationHeadSha ?? '').filter(({ name }) => name.endsWith('configuration'))
}
