// What GitHub refuses and the emulator lets pass.
import type { ApiRequest, ApiResponse } from './routes.ts'

/** The refusal of a write, or null when GitHub would take it. */
export async function validateWrite(
  request: ApiRequest,
  rest: string,
  knowsCommit: (sha: string) => Promise<boolean>,
): Promise<ApiResponse | null> {
  if (request.method !== 'POST' && request.method !== 'PATCH') return null
  const body = (request.body ?? {}) as Record<string, unknown>
  if (/^issues\/(\d+\/comments|comments\/\d+)$/.test(rest)) return validateComment(body)
  if (!/^check-runs(\/\d+)?$/.test(rest)) return null
  if (request.identity.kind !== 'installation')
    return { status: 403, body: { message: 'You must authenticate via a GitHub App.' } }
  return validateCheckRun(body) ?? (await validateCommit(body, knowsCommit))
}

const MAX_COMMENT_LENGTH = 65_536
const MAX_OUTPUT_LENGTH = 65_535
const MAX_ACTIONS = 3

function validateComment(body: Record<string, unknown>): ApiResponse | null {
  if ([...String(body.body ?? '')].length <= MAX_COMMENT_LENGTH) return null
  return validationFailed('IssueComment', 'body', `body is too long (maximum is ${MAX_COMMENT_LENGTH} characters)`)
}

function validateCheckRun(body: Record<string, unknown>): ApiResponse | null {
  const output = body.output as { title?: unknown; summary?: unknown; text?: unknown } | undefined
  if (output && (typeof output.title !== 'string' || typeof output.summary !== 'string')) {
    return validationFailed('CheckRun', 'output', 'output needs a title and a summary')
  }
  for (const field of ['summary', 'text'] as const) {
    if (String(output?.[field] ?? '').length > MAX_OUTPUT_LENGTH)
      return validationFailed('CheckRun', field, `${field} exceeds a maximum length of ${MAX_OUTPUT_LENGTH}`)
  }
  const actions = (body.actions ?? []) as readonly { label?: string; description?: string; identifier?: string }[]
  if (actions.length > MAX_ACTIONS)
    return validationFailed('CheckRun', 'actions', `no more than ${MAX_ACTIONS} actions`)
  const tooLong = actions.some(
    ({ label = '', description = '', identifier = '' }) =>
      label.length > 20 || description.length > 40 || identifier.length > 20,
  )
  return tooLong ? validationFailed('CheckRun', 'actions', 'an action has 20, 40 and 20 characters at most') : null
}

async function validateCommit(
  body: Record<string, unknown>,
  knowsCommit: (sha: string) => Promise<boolean>,
): Promise<ApiResponse | null> {
  const sha = body.head_sha
  if (sha === undefined || (typeof sha === 'string' && (await knowsCommit(sha)))) return null
  return { status: 422, body: { message: `No commit found for SHA: ${String(sha)}` } }
}

function validationFailed(resource: string, field: string, message: string): ApiResponse {
  return { status: 422, body: { message: 'Validation Failed', errors: [{ resource, field, code: 'custom', message }] } }
}
