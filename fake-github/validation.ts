// What GitHub refuses and the emulator lets pass.
import type { Answer, Request } from './routes.ts'

/** The refusal of a write, or null when GitHub would take it. */
export async function refusedWrite(
  request: Request,
  rest: string,
  knowsCommit: (sha: string) => Promise<boolean>,
): Promise<Answer | null> {
  if (request.method !== 'POST' && request.method !== 'PATCH') return null
  const body = (request.body ?? {}) as Record<string, unknown>
  if (/^issues\/(\d+\/comments|comments\/\d+)$/.test(rest)) return refusedComment(body)
  if (!/^check-runs(\/\d+)?$/.test(rest)) return null
  if (request.identity.as !== 'installation')
    return { status: 403, body: { message: 'You must authenticate via a GitHub App.' } }
  return refusedCheck(body) ?? (await refusedCommit(body, knowsCommit))
}

const LONGEST_COMMENT = 65_536
const LONGEST_OUTPUT = 65_535
const MOST_ACTIONS = 3

function refusedComment(body: Record<string, unknown>): Answer | null {
  if ([...String(body.body ?? '')].length <= LONGEST_COMMENT) return null
  return invalid('IssueComment', 'body', `body is too long (maximum is ${LONGEST_COMMENT} characters)`)
}

function refusedCheck(body: Record<string, unknown>): Answer | null {
  const output = body.output as { title?: unknown; summary?: unknown; text?: unknown } | undefined
  if (output && (typeof output.title !== 'string' || typeof output.summary !== 'string')) {
    return invalid('CheckRun', 'output', 'output needs a title and a summary')
  }
  for (const field of ['summary', 'text'] as const) {
    if (String(output?.[field] ?? '').length > LONGEST_OUTPUT)
      return invalid('CheckRun', field, `${field} exceeds a maximum length of ${LONGEST_OUTPUT}`)
  }
  const actions = (body.actions ?? []) as readonly { label?: string; description?: string; identifier?: string }[]
  if (actions.length > MOST_ACTIONS) return invalid('CheckRun', 'actions', `no more than ${MOST_ACTIONS} actions`)
  const tooLong = actions.some(
    ({ label = '', description = '', identifier = '' }) =>
      label.length > 20 || description.length > 40 || identifier.length > 20,
  )
  return tooLong ? invalid('CheckRun', 'actions', 'an action has 20, 40 and 20 characters at most') : null
}

async function refusedCommit(
  body: Record<string, unknown>,
  knowsCommit: (sha: string) => Promise<boolean>,
): Promise<Answer | null> {
  const sha = body.head_sha
  if (sha === undefined || (typeof sha === 'string' && (await knowsCommit(sha)))) return null
  return { status: 422, body: { message: `No commit found for SHA: ${String(sha)}` } }
}

function invalid(resource: string, field: string, message: string): Answer {
  return { status: 422, body: { message: 'Validation Failed', errors: [{ resource, field, code: 'custom', message }] } }
}
