import type { Line } from '../../line/line.ts'
import { issueOfBranch, issueOfRun, stageOfRun } from '../facts/correlate.ts'
import { greatest } from '../facts/total-order.ts'
import type { Event } from '../model/events.ts'
import { isGhost } from '../model/line-rules.ts'
import type { PipelineStart } from '../model/pipeline.ts'

/**
 * Does this event take the issue up? The start label does, the command, and an agent's branch that names the issue;
 * nothing else. `isAuthorized` tells whether a command's sender is known to be allowed: of a bot it must be.
 */
export function pipelineStartIn(
  event: Event,
  issueNumber: number,
  line: Line,
  isAuthorized: boolean,
): PipelineStart | null {
  const { at, evidence } = event
  if (event.type === 'issue.labeled') {
    // GitHub keeps a label's case but tells labels apart without it.
    const starts = event.label.toLowerCase() === line.startLabel?.toLowerCase()
    return starts && event.issue.number === issueNumber ? { by: 'label', actor: event.sender, at, evidence } : null
  }
  if (event.type === 'commands.received') {
    const { sender, bot, commands, onPullRequest } = event
    const counts = (bot ? isAuthorized : !isGhost(sender)) && commands.some(({ verb }) => verb === 'start')
    const isAbout = onPullRequest || event.issueNumber === issueNumber
    return counts && isAbout ? { by: 'command', actor: sender, at, evidence } : null
  }
  const branch = agentBranchOf(event, line)
  if (branch === null || issueOfBranch(branch) !== issueNumber) return null
  return { by: 'branch', actor: null, at, evidence }
}

/** Of two beginnings the one that stands: a person's before a branch's, then the earlier. */
export function precedingStart(a: PipelineStart, b: PipelineStart): PipelineStart {
  return greatest(a, b, (beginning) => [beginning.by !== 'branch', -Date.parse(beginning.at)])
}

/** The branch whose name may take up an issue: a pull request's, or that of a run that tries one of the line's stages. */
function agentBranchOf(event: Event, line: Line): string | null {
  if (event.type === 'pull_request.changed' || event.type === 'review.changed') return event.pullRequest.branch
  if (event.type !== 'run.changed' || stageOfRun(line.stages, event.run) === null) return null
  const { branch } = event.run
  // A key says for which issue a run is, whatever its branch.
  return branch !== null && issueOfRun(event.run) === issueOfBranch(branch) ? branch : null
}
