import { secureHeaders } from 'hono/secure-headers'

const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  workerSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'https://avatars.githubusercontent.com'],
  connectSrc: ["'self'"],
  fontSrc: ["'self'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
}

/** The headers of every response: nothing inline, nothing framed, nothing from elsewhere; forms may post to `formTargets`. */
export function securityHeaders(baseUrl: string, formTargets: readonly string[] = []) {
  return secureHeaders({
    contentSecurityPolicy: { ...CONTENT_SECURITY_POLICY, formAction: ["'self'", ...formTargets] },
    referrerPolicy: 'same-origin',
    xFrameOptions: 'DENY',
    strictTransportSecurity: baseUrl.startsWith('https:'),
    permissionsPolicy: { camera: [], geolocation: [], microphone: [] },
  })
}

/** For the event stream, which bypasses the middleware. */
export const STREAM_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const
