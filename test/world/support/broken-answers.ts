// Answers that are none: what a proxy, a cut connection or another shape make of GitHub's answer.
import type { ApiResponse } from '../../../fake-github/api-request.ts'
import type { Fault } from '../../../fake-github/faults.ts'
import type { RecordedRequest } from '../../../fake-github/write-log.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** By name; each takes the genuine answer. */
export const BROKEN_ANSWERS: Readonly<Record<string, (answer: ApiResponse) => ApiResponse>> = {
  'a page': () => ({ status: 200, body: '<!DOCTYPE html><title>Unicorn!</title>' }),
  'a page that calls itself JSON': () => ({ status: 200, body: '<html></html>', headers: JSON_TYPE }),
  nothing: (answer) => ({ ...answer, status: 200, body: '', headers: JSON_TYPE }),
  'status 204': (answer) => ({ ...answer, status: 204, body: null }),
  'status 203': (answer) => ({ ...answer, status: 203 }),
  'half a JSON': (answer) => {
    const text = JSON.stringify(answer.body)
    return { ...answer, status: 200, body: text.slice(0, text.length / 2), headers: JSON_TYPE }
  },
  'an empty object': (answer) => ({ ...answer, status: 200, body: {} }),
  'an empty list': (answer) => ({ ...answer, status: 200, body: [] }),
  'a number': (answer) => ({ ...answer, status: 200, body: 7 }),
  'another content type': (answer) => ({
    ...answer,
    body: JSON.stringify(answer.body),
    headers: { 'content-type': 'application/octet-stream' },
  }),
  'a proxy’s 404': () => ({ status: 404, body: '<h1>404 Not Found</h1>nginx' }),
  'half a 404': () => ({ status: 404, body: '{"message":"Not Fo', headers: JSON_TYPE }),
}

/** Of a file: what is there is not what was asked for. */
export const BROKEN_FILES: Readonly<Record<string, (answer: ApiResponse) => ApiResponse>> = {
  'a directory': (answer) => ({
    ...answer,
    status: 200,
    body: [{ type: 'file', name: 'andon.yml', path: 'x', sha: 'x' }],
  }),
  'a submodule': (answer) => withFields(answer, { type: 'submodule' }),
  'a link that leads nowhere': (answer) => withFields(answer, { type: 'symlink', target: '../gone' }),
  'no content': (answer) => withFields(answer, { encoding: 'none', content: '' }),
  'what is not base64': (answer) => withFields(answer, { content: '<html>%%%</html>' }),
  'half of the content': (answer) => {
    const { content } = answer.body as { content: string }
    return withFields(answer, { content: content.slice(0, content.length / 2) })
  },
}

/** Alters the answers to the requests that match, as long as there are changes left. */
export function altering(
  matches: (request: RecordedRequest) => boolean,
  ...changes: readonly ((answer: ApiResponse) => ApiResponse)[]
): (request: RecordedRequest) => Fault | null {
  const left = [...changes]
  return (request) => {
    const alter = matches(request) ? left.shift() : undefined
    return alter === undefined ? null : { kind: 'altered', alter }
  }
}

export function notFound(): ApiResponse {
  return { status: 404, body: { message: 'Not Found' } }
}

/** GitHub lets no comment be folded away. */
export function refusingToFold({ kind }: RecordedRequest): Fault | null {
  const errors = [{ type: 'FORBIDDEN', path: ['minimizeComment'], message: 'Resource not accessible by integration' }]
  if (kind !== 'minimize') return null
  return { kind: 'altered', alter: (answer) => ({ ...answer, body: { data: null, errors } }) }
}

export function readsAndonYml({ method, path }: RecordedRequest): boolean {
  return method === 'GET' && path.endsWith('/contents/.github%2Fandon.yml')
}

/** The fields of GraphQL's answer about the repository. */
export function repositoryIn({ body }: ApiResponse): Record<string, unknown> {
  return (body as { data: { repository: Record<string, unknown> } }).data.repository
}

function withFields(answer: ApiResponse, fields: object): ApiResponse {
  return { ...answer, status: 200, body: { ...(answer.body as object), ...fields } }
}
