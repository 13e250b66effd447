/** Words behind which a secret may stand, whatever this is: a space is enough. */
export const COMMAND_WORDS: readonly string[] = (
  "password identified securestring config configure net vault htpasswd sqlplus sqlldr expdp impdp smbclient rpcclient smbget " +
  "xfreerdp wfreerdp xlfreerdp wlfreerdp rdesktop cmdkey runas schtasks mstsc"
).split(" ");
