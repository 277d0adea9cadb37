// A button names a check run, and the check run a pipeline. What it means is then given like a command that somebody
// typed: one path for both.
import type { Event } from '../pipeline/model/events.ts'
import { invalidateCheckRun, isPublishedCheckRun } from '../store/publications.ts'
import type { UnitOfWork } from './unit-of-work.ts'

type ButtonClickEvent = Extract<Event, { type: 'button.clicked' }>

/** The command that a button gives; null when the check run is none of ours. */
export async function commandOfButton(
  ledger: UnitOfWork,
  event: ButtonClickEvent,
): Promise<Extract<Event, { type: 'commands.received' }> | null> {
  const { at, evidence, repository, pipelineId, origin, verb, sender, bot } = event
  const row = await ledger.pipelineById(pipelineId)
  if (row === null || row.repositoryId !== repository.id) return null
  if (!(await isPublishedCheckRun(ledger.trx, pipelineId, origin))) return null
  if (event.isRerun) {
    // GitHub counts the commit's checks as queued until this one is written again, whatever comes of the order.
    await invalidateCheckRun(ledger.trx, pipelineId, origin, at)
    ledger.putPipeline(row, [], [])
  }
  const { stage } = origin
  const command =
    verb === 'retry'
      ? ({ verb, stage, text: `/andon retry ${stage}` } as const)
      : ({ verb, text: '/andon approve' } as const)
  return {
    type: 'commands.received',
    at,
    evidence,
    repository,
    issueNumber: row.issueNumber,
    onPullRequest: false,
    origin,
    sender,
    bot,
    commands: [command],
  }
}
