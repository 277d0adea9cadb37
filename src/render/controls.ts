// The controls of an issue's page, as the page draws them.
import { controlsOf, holdControlOf, type StageControl } from '../pipeline/commands/preconditions.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'

export type StageControlView = {
  readonly control: StageControl
  readonly word: string
  /** The one that people need most stands out. */
  readonly isPrimary: boolean
}

export type IssueControlsView = {
  /** By the name of their stage. */
  readonly stages: Readonly<Record<string, readonly StageControlView[]>>
  readonly mayHold: boolean
  readonly mayResume: boolean
}

export function issueControlsOf(pipeline: Pipeline): IssueControlsView {
  const hold = holdControlOf(pipeline)
  const stages = pipeline.stages.map((stage) => {
    return [stage.name, controlsOf(pipeline, stage).map(stageControlViewOf)] as const
  })
  return { stages: Object.fromEntries(stages), mayHold: hold !== null, mayResume: hold === 'resume' }
}

function stageControlViewOf(control: StageControl): StageControlView {
  const word = `${control.charAt(0).toUpperCase()}${control.slice(1)}`
  return { control, word, isPrimary: control === 'approve' || control === 'retry' || control === 'resume' }
}
