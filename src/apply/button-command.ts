// A button names a check run, and the check run a pipeline. What it means is then given like a command that somebody
// typed: one path for both.
import type { Event } from '../pipeline/model/events.ts'
import { findCheck, forgetCheck } from '../store/publications.ts'
import type { Ledger } from './unit-of-work.ts'

type Pressed = Extract<Event, { type: 'button.pressed' }>

/** The command that a button gives; null when the check run is none of ours. */
export async function press(ledger: Ledger, event: Pressed): Promise<Extract<Event, { type: 'command.given' }> | null> {
  const { at, evidence, repository, pipelineId, origin, verb, sender, bot } = event
  const row = await ledger.pipelineById(pipelineId)
  if (row === null || row.repositoryId !== repository.id) return null
  if (!(await findCheck(ledger.trx, pipelineId, origin))) return null
  if (event.isRerun) {
    // GitHub counts the commit's checks as queued until this one is written again, whatever comes of the order.
    await forgetCheck(ledger.trx, pipelineId, origin, at)
    ledger.keepPipeline(row, [], [])
  }
  const { stage } = origin
  const command =
    verb === 'retry'
      ? ({ verb, stage, text: `/andon retry ${stage}` } as const)
      : ({ verb, text: '/andon approve' } as const)
  return {
    type: 'command.given',
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
