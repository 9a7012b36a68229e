// Waiting for what should be there, with a message if it is not.

/// What is waited for, or an error that says what did not come.
export function come(promise, message) {
  return promise.catch(() => {
    throw new Error(message);
  });
}

/// Does what should lead to another page; gives the server's response.
export async function turn(page, act, message) {
  const arrived = page.waitForNavigation({ timeout: 30_000 });
  const [response] = await come(Promise.all([arrived, act()]), message);
  return response;
}
