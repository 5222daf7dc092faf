const UNREACHABLE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b|Failed to establish a new connection|Temporary failure in name resolution|Name or service not known|Network is unreachable|ConnectTimeoutError|ReadTimeoutError|ProxyError/;

/** The sentence for an output that shows that no package registry was reached, else null. */
export function explainUnreachable(what, setting) {
  return output => {
    const found = UNREACHABLE.exec(output);
    return found
      ? `${what} could not be downloaded because the network did not answer (${found[0]}): connect this machine, or name a mirror (${setting}), then run the same command again.`
      : null;
  };
}
