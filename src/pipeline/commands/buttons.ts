// A button stays on an open page while its pipeline moves on: it does something only as long as it means what it said.
import type { Command } from '../../commands/commands.ts'
import type { CommandOrigin } from '../model/command-origin.ts'
import { type CommandOutcome, type CommandResult, notPossible, stageSummary } from '../model/command-result.ts'
import type { Event } from '../model/events.ts'
import type { HistoryEntry } from '../model/history-entry.ts'
import type { Pipeline, Stage } from '../model/pipeline.ts'
import { surfacesOf } from '../view/surfaces.ts'
import type { EventContext } from './authorized-commands.ts'
import { whyNotRerun } from './preconditions.ts'

/** What a person may do about a stage by pressing a button of its check. */
export type Button = 'retry' | 'approve'

/** The buttons that do something in the current state of the pipeline. */
export function buttonsOf(pipeline: Pipeline, stage: Stage): readonly Button[] {
  if (pipeline.removed !== null || pipeline.issue.state === 'closed') return []
  if (isAtGate(pipeline, stage)) return ['approve']
  const hasHalted = stage.status === 'failed' || stage.status === 'cancelled'
  return hasHalted && whyNotRerun(pipeline, stage) === null ? ['retry'] : []
}

/** A stage that a workflow carried out and that waits for somebody's approval: nothing of it runs any more. */
export function isAtGate({ line }: Pipeline, { name, status }: Stage): boolean {
  return (
    status === 'review' &&
    line.stages.some((rule) => rule.name === name && rule.workflow !== null && rule.gate !== null)
  )
}

/** Why a button no longer means what it said; null while it does, and for what was typed. */
export function whyStaleButton(pipeline: Pipeline, origin: CommandOrigin, { verb }: Command): CommandResult | null {
  if (origin.kind !== 'check') return null
  const { stage: name, sha } = origin
  const shown = surfacesOf(pipeline).filter((surface) => surface.kind === 'check' && surface.stage === name)
  const [first] = shown
  if (first?.sha && shown.every((surface) => surface.sha !== sha)) {
    return notPossible({ kind: 'check-is-old', stage: name, sha, currentSha: first.sha })
  }
  const stage = pipeline.stages.find((known) => known.name === name)
  if (verb !== 'approve' || stage === undefined || isAtGate(pipeline, stage)) return null
  return notPossible({ kind: 'no-gate-shut', stage: stageSummary(stage) })
}

/** What is told of buttons that were pressed: nobody replies to them. What their sender may not do is not told. */
export function buttonEntries(
  event: Event,
  { commands: given }: EventContext,
  outcomes: readonly CommandOutcome[],
): readonly HistoryEntry[] {
  if (given?.origin.kind !== 'check') return []
  const { origin, login: actor } = given
  return outcomes.flatMap(({ command, result }) => {
    if (command.verb === null || result === null || result.outcome === 'answered_in_reply') return []
    const change = { kind: 'button', verb: command.verb, stage: origin.stage, result } as const
    return [{ at: event.at, type: `button.${result.outcome}`, actor, change, evidence: event.evidence }]
  })
}
