// What people read of a pipeline: tests of the core pin the words with the data that makes them.
import type { HistoryEntry } from '../../src/pipeline/model/history-entry.ts'
import type { Pipeline, Stage } from '../../src/pipeline/model/pipeline.ts'
import { headlineOf } from '../../src/pipeline/view/light.ts'
import { describeChange } from '../../src/render/history.ts'
import { describeReason, waitOf } from '../../src/render/reason.ts'

export type StageInWords = ReturnType<typeof stageInWords>

/** A stage with its reason, and what it waits for, in words. */
export function stageInWords(stage: Stage) {
  return { ...stage, reason: describeReason(stage.reason, stage.name), waiting: waitOf(stage.reason) }
}

/** The headline with its reason in words. */
export function headlineInWords(pipeline: Pipeline) {
  const headline = headlineOf(pipeline)
  return { ...headline, reason: describeReason(headline.reason, headline.stage) }
}

/** A line of history with its text. */
export function entryInWords({ change, ...entry }: HistoryEntry) {
  return { ...entry, text: describeChange(change) }
}

/** Every stage of a pipeline, in words. */
export function stagesInWords({ stages }: Pipeline): readonly StageInWords[] {
  return stages.map(stageInWords)
}
