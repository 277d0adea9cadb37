// A pipeline as people read it: tests of the core pin the texts together with their data.

import type { HistoryEntry } from '../../src/pipeline/model/command-result.ts'
import type { Pipeline, Stage } from '../../src/pipeline/model/pipeline.ts'
import { headlineOf } from '../../src/pipeline/view/light.ts'
import { describeChange } from '../../src/render/history.ts'
import { describeReason, waitOf } from '../../src/render/reason.ts'

export type StageInWords = ReturnType<typeof stageInWords>

/** A stage with its reason, and what it waits for, as text. */
export function stageInWords(stage: Stage) {
  return { ...stage, reason: describeReason(stage.reason, stage.name), waiting: waitOf(stage.reason) }
}

/** The headline with its reason as text. */
export function headlineInWords(pipeline: Pipeline) {
  const headline = headlineOf(pipeline)
  return { ...headline, reason: describeReason(headline.reason, headline.stage) }
}

/** A history entry with its text. */
export function entryInWords({ change, ...entry }: HistoryEntry) {
  return { ...entry, text: describeChange(change) }
}

/** Every stage of a pipeline, as text. */
export function stagesInWords({ stages }: Pipeline): readonly StageInWords[] {
  return stages.map(stageInWords)
}
