/** Why this cannot be the address of a tool server, or its address. Without a path it is one of ours: `/mcp` is added. */
export function parseServerUrl(text: string): URL | { readonly finding: string } {
  if (!URL.canParse(text)) return { finding: 'url is no URL' };
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { finding: 'url is not http or https' };
  if (url.username !== '' || url.password !== '')
    return { finding: 'url holds a credential, which belongs into apiKey' };
  if (url.search !== '' || url.hash !== '') return { finding: 'url holds a query or a fragment' };
  if (/^\/(v1|run_tool|tools|health)\/?$/.test(url.pathname))
    return { finding: `url ends in ${url.pathname}, but is the base of the server` };
  if (url.pathname === '/') url.pathname = '/mcp';
  return url;
}

/** How a server is called in errors and logs. */
export function nameOfServer({ host }: URL): string {
  return host;
}
