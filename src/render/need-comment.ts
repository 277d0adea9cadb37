// The comment that asks for a person. GitHub mails on a new comment and is silent on an edit: so a need is a comment of its
// own, short, with what to do in a block that can be copied, and it is folded away when the need is over.
import { openPullRequest } from '../pipeline/facts/standing.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import { currentAttempt, runPageOf } from '../pipeline/stages/attempts.ts'
import { failedJobOf } from '../pipeline/stages/run-outcome.ts'
import type { Need } from '../pipeline/view/need.ts'
import { describeReason } from './reason.ts'
import { escapeInline, linkTo } from './sanitize.ts'
import { MAX_COMMENT, stickyCommentMarker, truncateMarkdown } from './sticky-comment.ts'
import { bareReason, logUrlOf } from './what-to-do.ts'

/** Identifies the comment of a need. */
export function needCommentMarker(pipelineId: number, id: string): string {
  return stickyCommentMarker(pipelineId, `need/${id}`)
}

/** The whole comment, without the mentions: GitHub is asked about those people when it is written. */
export function renderNeedComment(pipeline: Pipeline, need: Need, o: { marker: string; pageUrl: string }): string {
  const { todo, command } = ASKS[need.kind](pipeline, need)
  const links = [...runLink(need), linkTo(`Issue #${pipeline.issue.number} on the board`, o.pageUrl)]
  const text = [
    `${o.marker}\n${headOf(pipeline, need)}`,
    ...(command === null ? [`${todo}.`] : [`${todo}:`, `\`\`\`\n/andon ${command}\n\`\`\``]),
    links.join(' · '),
  ].join('\n\n')
  return truncateMarkdown(`${text}\n`, MAX_COMMENT, o.pageUrl)
}

/** What is left of it where GitHub does not let it be folded away. */
export function renderPastNeedComment(marker: string): string {
  return `${marker}\nNobody is needed for this any more.\n`
}

/** A person whom GitHub is to tell; the login comes from GitHub, and no team and no bot has such a login. */
function mentionOf(login: string): string | null {
  return /^[a-z\d][\w-]{0,38}$/i.test(login) ? `@${login}` : null
}

/** The comment with the mentions before its first words. */
export function withMentions(body: string, marker: string, logins: readonly string[]): string {
  const mentions = logins.flatMap((login) => mentionOf(login) ?? []).join(', ')
  return mentions === '' ? body : body.replace(`${marker}\n`, () => `${marker}\n${mentions}: `)
}

type Ask = { readonly todo: string; readonly command: string | null }

const ASKS = {
  approval: () => ({ todo: 'To go on', command: 'approve' }),
  'approval-on-github': () => ({ todo: 'Approve its run on GitHub', command: null }),
  review: () => ({ todo: 'Approve the pull request, or ask for changes', command: null }),
  failure: (_, { stage, redo }) => {
    const refused = stage.reason?.kind === 'start-refused'
    if (redo !== null)
      return {
        todo: refused ? 'It starts by itself once that is mended, or at' : 'To try it again',
        command: `retry ${redo}`,
      }
    return { todo: 'Andon does not start this stage: run its workflow again, or push what mends it', command: null }
  },
  limit: (_, { stage, redo }) => {
    const isRework = stage.reason?.kind === 'rework-used-up'
    if (redo === null)
      return {
        todo: isRework ? 'Change it by hand, or close it' : 'Look at its run, and cancel it on GitHub if it hangs',
        command: null,
      }
    return isRework
      ? { todo: 'For one more round', command: `retry ${redo}` }
      : { todo: 'To stop it', command: `cancel ${redo}` }
  },
  question: (_, { stage }) => ({ todo: 'If GitHub shows no run of it, send it again', command: `retry ${stage.name}` }),
  stall: (_, { stage, redo }) => {
    const isLive = stage.status === 'running' || (stage.status === 'queued' && currentAttempt(stage) !== null)
    if (redo !== null && isLive) return { todo: 'Look at its run; to stop it', command: `cancel ${redo}` }
    return { todo: 'Start what it waits for, or look why it has not started', command: null }
  },
  permission: () => ({ todo: 'Someone who may write here can start it', command: 'start' }),
} as const satisfies Record<Need['kind'], (pipeline: Pipeline, need: Need) => Ask>

/** `**code failed**: job build, step tests – attempt 3 of 3 failed`. */
function headOf(pipeline: Pipeline, { kind, stage }: Need): string {
  const name = escapeInline(stage.name)
  const bare = bareReason(stage.reason)
  const shown = kind === 'failure' && bare?.kind === 'concluded' ? { ...bare, failedJob: null } : bare
  const reason = escapeInline(describeReason(shown, stage.name), 400)
  const why = reason === '' ? '' : ` – ${reason}`
  switch (kind) {
    case 'approval':
      return `**${name} waits for your approval**${why}`
    case 'approval-on-github':
      return `**${name} waits for an approval on GitHub**${why}`
    case 'review':
      return `**${pullRequestOf(pipeline)} waits for a review**${why}`
    case 'failure':
      return `**${name} failed**${failedPlace(stage)}${why}`
    case 'limit':
      return `**${name} is at its limit**${why}`
    case 'question':
      return `**Did ${name} start?**${why}`
    case 'stall':
      return `**${name} stands still**${why}`
    case 'permission':
      return `**${name} may not start**${why}`
  }
}

function pullRequestOf(pipeline: Pipeline): string {
  const open = openPullRequest(pipeline)
  return open === null ? 'the pull request' : linkTo(`pull request ${open.number}`, open.url)
}

/** Where it failed, with a link to the log. */
function failedPlace(stage: Need['stage']): string {
  const run = currentAttempt(stage)?.run ?? null
  const job = run && failedJobOf(run)
  if (job === null) return ''
  const step = job.failedStep === undefined ? '' : `, step ${escapeInline(job.failedStep.name, 80)}`
  return `: ${linkTo(`job ${escapeInline(job.name, 80)}${step}`, logUrlOf(job))}`
}

function runLink({ stage }: Need): readonly string[] {
  const attempt = currentAttempt(stage)
  const url = attempt && runPageOf(attempt)
  return url === null ? [] : [linkTo('its run', url)]
}
