// Open issues that carry the start label and are not on the line are found, although no delivery and no log tells of them.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ApiResponse } from '../../fake-github/api-request.ts'
import { type AndonApp, openAndonApp, PLAN } from '../support/andon-app.ts'
import { issuesOnBoard } from '../support/board-api.ts'
import { unsent } from '../support/undelivered.ts'

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp()
})
afterEach(() => app.close())

const DAY = 24 * 3_600

const onBoard = () => issuesOnBoard(app.url)

const label = (labels = ['andon'], by?: string) =>
  app.github.openIssue(app.repository, { title: 'Retry on flaky upload', labels, ...(by !== undefined && { by }) })

function listed(): readonly number[] {
  return app.github.writes.requests.filter(({ path }) => path.endsWith('/issues')).map(({ status }) => status)
}

describe('an issue that was labelled without a word of GitHub', () => {
  test('is started within ten minutes where something is under way, by the person who labelled it', async () => {
    await app.openLabeledIssue()
    await app.advance(60)
    const missed = await unsent(app.github, () => label(['andon'], 'linus'))
    await app.advance(600)
    expect(await onBoard()).toEqual([1, missed])
    expect(app.dispatched()).toEqual(['1/plan/1', `${missed}/plan/1`])
    const page = await (await fetch(`${app.url}/${app.repository}/issues/${missed}`)).text()
    expect(page).toContain('read from GitHub')
    expect(page).toContain(`label/${missed}/`)
    expect(page).toContain('linus')
  })

  test('by a person who may not write is shown, and not started', async () => {
    await app.openLabeledIssue()
    await app.advance(60)
    const missed = await unsent(app.github, () => label(['andon'], 'trinity'))
    await app.advance(660)
    expect(await onBoard()).toEqual([1, missed])
    expect(app.dispatched()).toEqual(['1/plan/1'])
  })

  test('is found within a day in a repository where nothing is under way', async () => {
    await app.openLabeledIssue()
    await app.advance(60)
    await app.comment('/andon cancel')
    await app.github.closeIssue(app.repository, 1, 'not_planned')
    await app.advance(1_800, { stride: 60 })
    const missed = await unsent(app.github, () => label())
    await app.advance(DAY + 3_700, { stride: 600 })
    expect(await onBoard()).toContain(missed)
  })

  test('and is closed, is a pull request, or lost its label is left alone', async () => {
    const { github, repository } = app
    await app.openLabeledIssue()
    await app.advance(60)
    await unsent(app.github, async () => {
      await github.closeIssue(repository, await label(), 'completed')
      await github.unlabel(repository, await label(), 'andon')
      await label(['other'])
    })
    await app.advance(660)
    expect(await onBoard()).toEqual([1])
  })
})

test('a list that is longer than what is read of it is read on from there', async () => {
  await app.openLabeledIssue()
  await app.advance(60)
  const first = await unsent(app.github, () => label())
  await app.advance(10)
  const second = await unsent(app.github, () => label())
  let asked = 0
  app.github.chooseFaults(({ path }) => {
    if (!path.endsWith('/issues') || asked >= 2) return null
    asked += 1
    const headers = { link: '<https://api.github.com/next>; rel="next"' }
    const alter = (answer: ApiResponse) => ({ ...answer, headers, body: (answer.body as object[]).slice(0, 2) })
    return { kind: 'altered', alter }
  })
  await app.advance(690)
  expect(await onBoard()).toEqual([1, first, second])
})

describe('at the first sight of a repository', () => {
  test('with a file, all open issues with its label are started, the oldest labels too', async () => {
    const { github, repository } = app
    await unsent(app.github, async () => {
      for (let n = 1; n <= 3; n++) await label(['ready'])
      await label(['andon'])
      app.clock.advance(30 * DAY)
      github.writeFile(repository, '.github/andon.yml', `start: { label: ready }\n${PLAN}`)
    })
    github.writeFile(repository, '.github/workflows/plan.yml', 'on: workflow_dispatch\n')
    github.install()
    await app.advance(180)
    expect(await onBoard()).toEqual([1, 2, 3])
  })

  test('without a file, what was labelled long before is left alone: installing writes nothing', async () => {
    await unsent(app.github, () => label())
    app.clock.advance(30 * DAY)
    await label(['other'])
    await app.advance(2 * DAY, { stride: 3_600 })
    expect(await onBoard()).toEqual([])
    expect(app.github.comments(app.repository)).toEqual([])
  })
})

test('a list that has not changed costs nothing of the rate limit', async () => {
  await app.openLabeledIssue()
  await app.advance(3_600, { stride: 30 })
  expect(listed().length).toBeGreaterThanOrEqual(6)
  expect(listed().filter((status) => status === 200).length).toBeLessThanOrEqual(2)
})

test('a repository without issues is asked once a day, and one that is limited waits as long as GitHub asks', async () => {
  await app.openLabeledIssue()
  await app.advance(60)
  app.github.chooseFaults(({ path }) =>
    path.endsWith('/issues')
      ? { kind: 'refuse', status: 429, message: 'too many', headers: { 'retry-after': '1800' } }
      : null,
  )
  const before = listed().length
  await app.advance(2_300, { stride: 20 })
  expect(listed().length - before).toBeLessThanOrEqual(2)
  app.github.chooseFaults(({ path }) =>
    path.endsWith('/issues') ? { kind: 'refuse', status: 410, message: 'Issues are disabled' } : null,
  )
  await app.advance(5_000, { stride: 60 })
  expect(listed().length - before).toBeLessThanOrEqual(4)
})
