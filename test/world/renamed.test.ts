// A repository is renamed or given away, and nothing of it is delivered: GitHub redirects what is called by the old name.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { readAllRows } from '../support/board-api.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { unsent } from '../support/undelivered.ts'

const TWO_STAGES = `stages:
  plan: { workflow: plan.yml }
  code: { workflow: code.yml }
`

/** Issue 1's plan runs; the deliveries about the repository itself are lost. */
async function running(act: (app: AndonApp) => Promise<void>): Promise<void> {
  const app = await openAndonApp({ configuration: TWO_STAGES })
  try {
    app.github.writeFile(app.repository, '.github/workflows/code.yml', readFileSync('docs/workflows/code.yml', 'utf8'))
    await app.openLabeledIssue()
    await app.advance(60)
    expect(app.dispatched()).toEqual(['1/plan/1'])
    await act(app)
  } finally {
    await app.close()
  }
}

async function lost(app: AndonApp, act: () => unknown): Promise<void> {
  app.clock.advance(1)
  await unsent(app.github, act)
}

const boardStatus = async (app: AndonApp, name: string) => (await fetch(`${app.url}/${name}`)).status

test('after a rename that was never delivered the next stage is dispatched, comments go on, and the name is learnt', async () => {
  await running(async (app) => {
    await lost(app, () => app.github.renameRepository(app.repository, 'gadgets'))
    app.github.runs[0]?.succeed()
    await app.advance(120)
    expect(app.dispatched()).toEqual(['1/plan/1', '1/code/1'])
    expect((await readAllRows(app.url)).map(({ repository }) => repository)).toEqual(['acme/gadgets'])
    expect(app.github.comments('acme/gadgets', 1).length).toBeGreaterThan(1)
    expect(app.github.writes.all.filter(({ done }) => !done)).toEqual([])
    expect([await boardStatus(app, 'acme/gadgets'), await boardStatus(app, 'acme/widgets')]).toEqual([200, 404])
  })
})

test('after two renames of which none was delivered the next stage is dispatched once', async () => {
  await running(async (app) => {
    await lost(app, () => app.github.renameRepository(app.repository, 'gadgets'))
    await lost(app, () => app.github.renameRepository('acme/gadgets', 'gears'))
    app.github.runs[0]?.succeed()
    await app.advance(120)
    expect(app.dispatched()).toEqual(['1/plan/1', '1/code/1'])
    expect([await boardStatus(app, 'acme/gears'), await boardStatus(app, 'acme/widgets')]).toEqual([200, 404])
  })
})

test('a command that was given before the rename is carried out and answered after it', async () => {
  await running(async (app) => {
    await app.comment('/andon cancel')
    await app.github.whenIdle()
    await lost(app, () => app.github.renameRepository(app.repository, 'gadgets'))
    await app.advance(60)
    expect(app.github.writes.ofKind('cancel').filter(({ done }) => done)).toHaveLength(1)
    // The eyes, and the rocket that follows them.
    expect(app.github.writes.ofKind('reaction').filter(({ done }) => done)).toHaveLength(2)
  })
})

test('a dispatch whose answer was lost before the rename is found after it, and not sent again', async () => {
  await running(async (app) => {
    app.github.injectFault({ requests: 'dispatch', kind: '502-after', maxTimes: 1 })
    app.github.runs[0]?.succeed()
    await app.advance(20)
    await lost(app, () => app.github.renameRepository(app.repository, 'gadgets'))
    await app.advance(10 * 60, { stride: 30 })
    expect(app.dispatched()).toEqual(['1/plan/1', '1/code/1'])
    expect(app.github.runs).toHaveLength(2)
  })
})

test('renames at any moment, none delivered: one run an attempt and one comment a stage', {
  timeout: 20 * 60_000,
}, async () => {
  const seed = randomSeed()
  const random = seededRandom(seed)
  const rounds = repetitions(2, 40)
  let renames = 0
  for (let round = 0; round < rounds; round += 1) {
    await running(async (app) => {
      let name = app.repository
      app.github.runs[0]?.succeed()
      for (let step = 0; step < 4; step += 1) {
        await app.advance(random.pick([1, 2, 5, 10, 30]), { stride: 1 })
        const next = `widgets-${round}-${step}`
        await lost(app, () => app.github.renameRepository(name, next))
        name = `acme/${next}`
        renames += 1
      }
      await app.advance(120)
      app.github.runs[1]?.succeed()
      const names = async () => (await readAllRows(app.url)).map(({ repository }) => repository)
      for (let minute = 0; minute < 10 && (await names())[0] !== name; minute += 1) await app.advance(60)
      expect(await names()).toEqual([name])
      expect(app.dispatched()).toEqual(['1/plan/1', '1/code/1'])
      const markers = app.github.comments(name, 1).map(({ body }) => /<!-- andon:v1 (\S+) -->/.exec(body)?.[1])
      expect(new Set(markers).size).toBe(markers.length)
    })
  }
  recordMeasurements('renamed', { faults: renames, doubled: 0, lives: rounds })
})
