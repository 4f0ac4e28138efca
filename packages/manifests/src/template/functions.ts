/** What `text/template` brings itself. @see https://pkg.go.dev/text/template#hdr-Functions */
const ofGo = `
  and call eq ge gt html index js le len lt ne not or print printf println slice urlquery
`;

/** @see External Secrets Operator, pkg/template/v2/template.go */
const ofEso = `
  filterCertChain filterPEM fromYaml fullPemToPkcs12 fullPemToPkcs12Pass getSecretKey jwkPrivateKeyPem
  jwkPublicKeyPem pemToPkcs12 pemToPkcs12Pass pemTruststoreToPKCS12 pemTruststoreToPKCS12Pass pkcs12cert
  pkcs12certPass pkcs12key pkcs12keyPass rsaDecrypt toYaml
`;

/** Sprig 3.3 without `env` and `expandenv`, which ESO takes out. */
const ofSprig = `
  abbrev abbrevboth add add1 add1f addf adler32sum ago all any append atoi b32dec b32enc b64dec b64enc
  base bcrypt biggest buildCustomCert camelcase cat ceil chunk clean coalesce compact concat contains date
  dateInZone dateModify date_in_zone date_modify decryptAES deepCopy deepEqual default derivePassword dict
  dig dir div divf duration durationRound empty encryptAES ext fail first float64 floor fromJson genCA
  genCAWithKey genPrivateKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey
  get getHostByName has hasKey hasPrefix hasSuffix hello htmlDate htmlDateInZone htpasswd indent initial
  initials int int64 isAbs join kebabcase keys kindIs kindOf last list lower max maxf merge mergeOverwrite
  min minf mod mul mulf mustAppend mustChunk mustCompact mustDateModify mustDeepCopy mustFirst
  mustFromJson mustHas mustInitial mustLast mustMerge mustMergeOverwrite mustPrepend mustRegexFind
  mustRegexFindAll mustRegexMatch mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit mustRest
  mustReverse mustSlice mustToDate mustToJson mustToPrettyJson mustToRawJson mustUniq mustWithout
  must_date_modify nindent nospace now omit osBase osClean osDir osExt osIsAbs pick pluck plural prepend
  quote randAlpha randAlphaNum randAscii randBytes randInt randNumeric regexFind regexFindAll regexMatch
  regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit repeat replace rest reverse round
  semver semverCompare seq set sha1sum sha256sum shuffle slice snakecase sortAlpha split splitList splitn
  squote sub subf substr swapcase ternary title toDate toDecimal toJson toPrettyJson toRawJson toString
  toStrings trim trimAll trimPrefix trimSuffix trimall trunc tuple typeIs typeIsLike typeOf uniq unixEpoch
  unset until untilStep untitle upper urlJoin urlParse uuidv4 values without wrap wrapWith
`;

const known = new Set(`${ofGo} ${ofEso} ${ofSprig}`.trim().split(/\s+/));

/** Whether ESO's engine v2 has a function. Helm's `tpl`, `include`, `lookup` and `required` it has not. */
export function isFunction(name: string): boolean {
  return known.has(name);
}
