import { expect, test } from 'vitest'
import { OBSERVE_ONLY_LINE } from '../../src/line/line.ts'
import type { Pipeline, Stage, StageStatus } from '../../src/pipeline/model/pipeline.ts'
import {
  formatMinute,
  formatSecond,
  formatTime,
  HEALTH_LABELS,
  LIGHT_SYMBOLS,
  stageLightsText,
} from '../../src/render/labels.ts'

test('every light has its own shape and its own word', () => {
  const lamps = Object.values(LIGHT_SYMBOLS)
  expect(new Set(lamps.map((lamp) => lamp.shape)).size).toBe(lamps.length)
  expect(new Set(lamps.map((lamp) => lamp.word)).size).toBe(lamps.length)
  expect(LIGHT_SYMBOLS).toMatchInlineSnapshot(`
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
  expect(HEALTH_LABELS).toMatchInlineSnapshot(`
    {
      "ok": null,
      "stale": "stale",
      "stalled": "stalled",
      "unknown": "unknown progress",
    }
  `)
})

test('the lights name every stage in the order of the line', () => {
  expect(stageLightsText(standing('done', 'running', 'idle', 'idle'))).toMatchInlineSnapshot(
    `"plan ✓─ code ●─ test ·─ review ·"`,
  )
  expect(stageLightsText(standing('done', 'failed', 'skipped', 'cancelled'))).toMatchInlineSnapshot(
    `"plan ✓─ code ✖─ test ↷─ review ⊘"`,
  )
  expect(stageLightsText(standing('done', 'done', 'queued', 'review'))).toMatchInlineSnapshot(
    `"plan ✓─ code ✓─ test ▲─ review ◆"`,
  )
})

test('times are absolute and in UTC', () => {
  const at = '2026-11-21T14:02:31.870Z'
  expect([formatTime(at), formatMinute(at), formatSecond(at)]).toMatchInlineSnapshot(`
    [
      "14:02:31 UTC",
      "2026-11-21 14:02 UTC",
      "2026-11-21 14:02:31 UTC",
    ]
  `)
})

function standing(...statuses: StageStatus[]): Pipeline {
  const stages = OBSERVE_ONLY_LINE.stages.map(
    (rule, index): Stage => ({
      name: rule.name,
      status: statuses[index] ?? 'idle',
      reason: null,
      since: null,
      evidence: null,
      attempts: [],
    }),
  )
  return { stages } as unknown as Pipeline
}
