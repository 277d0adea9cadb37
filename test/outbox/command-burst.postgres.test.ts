// 56 commands in a minute on one repository are all answered within GitHub's limits: 80 creations a minute, 500 an hour,
// and one write a second.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { replyMarker } from '../../src/render/reply.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp()
})
afterEach(() => app.close())

const ISSUES = 8
const STEP_SECONDS = 0.55

test('many commands in a minute are all answered, none is rejected, and the first of them within two seconds', async () => {
  const { github, repository } = app
  github.enforceLimits()
  for (let issue = 0; issue < ISSUES; issue += 1) await github.openIssue(repository, { title: `Issue ${issue + 1}` })
  const count = repetitions(14, 56)
  const apart = 60 / 56
  const commands: { comment: number; at: number; on: number }[] = []
  const began = Date.parse(app.clock.now())
  const now = () => (Date.parse(app.clock.now()) - began) / 1000
  for (let idle = 0; idle < 12; ) {
    while (commands.length < count && commands.length * apart <= now()) {
      const on = 1 + (commands.length % ISSUES)
      commands.push({
        comment: await app.comment(commands.length % 2 === 0 ? '/andon why' : '/andon retry', { on }),
        at: now(),
        on,
      })
    }
    const before = github.writes.all.length
    await app.advance(STEP_SECONDS)
    idle = commands.length === count && github.writes.all.length === before ? idle + 1 : 0
  }

  const reactions = github.writes.ofKind('reaction')
  const waits = commands.map(({ comment, at }) => {
    const reaction = reactions.find(({ path }) => path.endsWith(`/comments/${comment}/reactions`))
    return reaction === undefined ? Number.POSITIVE_INFINITY : (reaction.at - began) / 1000 - at
  })
  const replies = github.writes.ofKind('comment')
  const times = github.writes.all.map(({ at }) => at)
  const figures = {
    faults: count,
    lost: 0,
    doubled: 0,
    reactions: reactions.length,
    replies: replies.length,
    rejected: github.writes.all.filter(({ status }) => status >= 400).length,
    longestWaitOfTheFirst20: Math.max(...waits.slice(0, 20)).toFixed(2),
    longestWait: Math.max(...waits).toFixed(2),
    closestWritesMs: Math.min(...times.slice(1).map((at, index) => at - (times[index] ?? 0))),
    mostCreationsInAMinute: Math.max(
      ...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length),
    ),
    converge: Math.round((Math.max(...times) - began) / 1000),
  }
  recordMeasurements('many-commands', figures)
  const bodies = replies.map(({ body }) => (body as { body: string }).body)
  expect(
    commands.map(({ comment }) => bodies.filter((body) => body.includes(replyMarker(String(comment)))).length),
  ).toEqual(commands.map(() => 1))
  expect(figures).toMatchObject({ reactions: count, rejected: 0 })
  expect(Math.max(...waits.slice(0, 20))).toBeLessThanOrEqual(2)
  expect(figures.closestWritesMs).toBeGreaterThanOrEqual(1_000)
  expect(figures.mostCreationsInAMinute).toBeLessThanOrEqual(80)
}, 180_000)
