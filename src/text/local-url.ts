/** Whether the address means this machine: GitHub cannot reach it. */
export function isLocalUrl(url: string): boolean {
  return URL.canParse(url) && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
}
