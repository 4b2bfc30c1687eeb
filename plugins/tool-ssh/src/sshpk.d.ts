// The package has no types of its own.
declare module 'sshpk' {
  const sshpk: {
    parsePrivateKey(data: string | Buffer, format: 'pkcs8'): { toString(format: 'openssh'): string };
  };
  export default sshpk;
}
