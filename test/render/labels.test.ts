import { expect, test } from 'vitest'
import { WATCHED_LINE } from '../../src/line/line.ts'
import type { Pipeline, Stage, StageStatus } from '../../src/pipeline/model/pipeline.ts'
import { clock, day, HEALTHS, LIGHTS, lineOfLights, moment } from '../../src/render/labels.ts'

test('every light has a shape of its own and a word of its own', () => {
  const lamps = Object.values(LIGHTS)
  expect(new Set(lamps.map((lamp) => lamp.shape)).size).toBe(lamps.length)
  expect(new Set(lamps.map((lamp) => lamp.word)).size).toBe(lamps.length)
  expect(LIGHTS).toMatchInlineSnapshot(`
    {
      "cancelled": {
        "shape": "⊘",
        "word": "cancelled",
      },
      "done": {
        "shape": "✓",
        "word": "done",
      },
      "failed": {
        "shape": "✖",
        "word": "failed",
      },
      "idle": {
        "shape": "·",
        "word": "idle",
      },
      "queued": {
        "shape": "▲",
        "word": "queued",
      },
      "review": {
        "shape": "◆",
        "word": "in review",
      },
      "running": {
        "shape": "●",
        "word": "running",
      },
      "skipped": {
        "shape": "↷",
        "word": "skipped",
      },
    }
  `)
  expect(HEALTHS).toMatchInlineSnapshot(`
    {
      "ok": null,
      "stale": "stale",
      "stalled": "stalled",
      "unknown": "unknown progress",
    }
  `)
})

test('the line of lights names every stage in the order of the line', () => {
  expect(lineOfLights(standing('done', 'running', 'idle', 'idle'))).toMatchInlineSnapshot(
    `"plan ✓─ code ●─ test ·─ review ·"`,
  )
  expect(lineOfLights(standing('done', 'failed', 'skipped', 'cancelled'))).toMatchInlineSnapshot(
    `"plan ✓─ code ✖─ test ↷─ review ⊘"`,
  )
  expect(lineOfLights(standing('done', 'done', 'queued', 'review'))).toMatchInlineSnapshot(
    `"plan ✓─ code ✓─ test ▲─ review ◆"`,
  )
})

test('moments are told absolutely and in UTC', () => {
  const at = '2026-11-21T14:02:31.870Z'
  expect([clock(at), day(at), moment(at)]).toMatchInlineSnapshot(`
    [
      "14:02:31 UTC",
      "2026-11-21 14:02 UTC",
      "2026-11-21 14:02:31 UTC",
    ]
  `)
})

function standing(...statuses: StageStatus[]): Pipeline {
  const stages = WATCHED_LINE.stages.map(
    (rule, index): Stage => ({
      name: rule.name,
      status: statuses[index] ?? 'idle',
      reason: '',
      waiting: null,
      since: null,
      evidence: null,
      attempts: [],
    }),
  )
  return { stages } as unknown as Pipeline
}
