/// What PostgresNIO declares publicly under the same name, of what this driver declares outside `Extras`.
///
/// Read from PostgresNIO 1.x of August 2026. A line is a type and its members; a name without a type stands first.
let postgresNIOSymbols = """
    -: PSQLError PostgresArrayDecodable PostgresArrayEncodable PostgresBindings PostgresCell PostgresClient
    -: PostgresCodable PostgresConnection PostgresCopyFromFormat PostgresCopyFromWriter PostgresDataType
    -: PostgresDecodable PostgresDecodingContext PostgresDecodingError PostgresDynamicTypeEncodable PostgresEncodable
    -: PostgresEncodingContext PostgresFormat PostgresJSONDecoder PostgresJSONEncoder PostgresNonThrowingEncodable
    -: PostgresNotification PostgresNotificationSequence PostgresQuery PostgresRandomAccessRow PostgresRow
    -: PostgresRowSequence PostgresThrowingDynamicTypeEncodable PostgresTransactionError
    Array: encode(into:context:) init(from:type:format:context:) psqlFormat psqlType
    AsyncSequence: decode(_:context:file:line:) decode(_:file:line:)
    Bool: encode(into:context:) init(from:type:format:context:) psqlArrayType psqlFormat psqlType
    ByteBuffer: encode(into:context:) init(from:type:format:context:) psqlArrayType psqlFormat psqlType
    Data: encode(into:context:) init(from:type:format:context:) psqlFormat psqlType
    Date: encode(into:context:) init(from:type:format:context:) psqlArrayType psqlFormat psqlType
    Decimal: encode(into:context:) init(from:type:format:context:) psqlFormat psqlType
    Double: encode(into:context:) init(from:type:format:context:) psqlArrayType psqlFormat psqlType
    Float: encode(into:context:) init(from:type:format:context:) psqlArrayType psqlFormat psqlType
    Int: encode(into:context:) init(from:type:format:context:) psqlArrayType psqlFormat psqlType
    Int16: encode(into:context:) init(from:type:format:context:) psqlArrayType psqlFormat psqlType
    Int32: encode(into:context:) init(from:type:format:context:) psqlArrayType psqlFormat psqlType
    Int64: encode(into:context:) init(from:type:format:context:) psqlArrayType psqlFormat psqlType
    Optional: _DecodableType _decodeRaw(from:type:format:context:) init(from:type:format:context:)
    PSQLError: Code ServerInfo code debugDescription description file line serverInfo underlying
    PSQLError.Code: clientClosedConnection connectionError description listenFailed poolClosed queryCancelled server
    PSQLError.Code: serverClosedConnection tooManyParameters unexpectedBackendMessage
    PSQLError.ServerInfo: Field subscript(_:)
    PSQLError.ServerInfo.Field: columnName constraintName dataTypeName description detail file hint internalPosition
    PSQLError.ServerInfo.Field: internalQuery line localizedSeverity locationContext message position routine
    PSQLError.ServerInfo.Field: schemaName severity sqlState tableName
    PostgresBindings: append(_:) append(_:context:) appendNull() count debugDescription description init()
    PostgresBindings: init(capacity:)
    PostgresCell: bytes columnIndex columnName dataType decode(_:context:file:line:) decode(_:file:line:) format
    PostgresCell: init(bytes:dataType:format:columnName:columnIndex:)
    PostgresClient: Configuration query(_:logger:file:line:) run() withConnection(isolation:_:)
    PostgresClient: withTransaction(logger:file:line:isolation:_:)
    PostgresClient.Configuration: Options TLS database host init(host:port:username:password:database:tls:)
    PostgresClient.Configuration: init(unixSocketPath:username:password:database:) options password port tls
    PostgresClient.Configuration: unixSocketPath username
    PostgresClient.Configuration.Options: KeepAliveBehavior additionalStartupParameters connectTimeout
    PostgresClient.Configuration.Options: connectionIdleTimeout init() keepAliveBehavior maximumConnections
    PostgresClient.Configuration.Options: minimumConnections
    PostgresClient.Configuration.Options.KeepAliveBehavior: frequency init(frequency:query:) query
    PostgresConnection: Configuration ID close() copyFrom(table:columns:format:logger:file:line:writeData:) id
    PostgresConnection: isClosed listen(on:consume:) query(_:logger:file:line:)
    PostgresConnection: withTransaction(logger:file:line:isolation:_:)
    PostgresConnection.Configuration: Options TLS database host init(host:port:username:password:database:tls:)
    PostgresConnection.Configuration: init(unixSocketPath:username:password:database:) options password port tls
    PostgresConnection.Configuration: unixSocketPath username
    PostgresConnection.Configuration.Options: additionalStartupParameters connectTimeout init()
    PostgresConnection.Configuration.TLS: disable
    PostgresCopyFromFormat: TextOptions text(_:)
    PostgresCopyFromFormat.TextOptions: delimiter init()
    PostgresCopyFromWriter: write(_:)
    PostgresDataType: bool boolArray bpchar bpcharArray bytea byteaArray char charArray date dateArray description
    PostgresDataType: float4 float4Array float8 float8Array init(_:) init(rawValue:) int2 int2Array int4 int4Array
    PostgresDataType: int8 int8Array interval json jsonArray jsonb jsonbArray name nameArray null numeric numericArray
    PostgresDataType: oid rawValue text textArray time timestamp timestampArray timestamptz timestamptzArray uuid
    PostgresDataType: uuidArray varchar varcharArray void xml
    PostgresDecodable: _decodeRaw(from:type:format:context:) init(from:type:format:context:)
    PostgresDecodingContext: default init(jsonDecoder:) jsonDecoder
    PostgresDecodingError: ==(lhs:rhs:) Code code columnIndex columnName debugDescription description file line
    PostgresDecodingError: postgresFormat postgresType targetType
    PostgresDecodingError.Code: description failure missingData typeMismatch
    PostgresEncodable: encode(into:context:) psqlFormat psqlType
    PostgresEncodingContext: default init(jsonEncoder:) jsonEncoder
    PostgresFormat: description
    PostgresNotification: payload
    PostgresNotificationSequence: AsyncIterator Element makeAsyncIterator()
    PostgresNotificationSequence.AsyncIterator: next()
    PostgresQuery: StringInterpolation binds debugDescription description init(stringInterpolation:)
    PostgresQuery: init(stringLiteral:) init(unsafeSQL:binds:) sql
    PostgresQuery.StringInterpolation: StringLiteralType appendInterpolation(_:) appendInterpolation(_:context:)
    PostgresQuery.StringInterpolation: appendInterpolation(unescaped:) appendLiteral(_:)
    PostgresQuery.StringInterpolation: init(literalCapacity:interpolationCount:)
    PostgresRandomAccessRow: Index contains(_:) count endIndex init(_:) startIndex subscript(_:)
    PostgresRow: ==(lhs:rhs:) Index count decode(_:context:file:line:) decode(_:file:line:) endIndex index(after:)
    PostgresRow: makeRandomAccess() startIndex subscript(_:)
    PostgresRow.Index: <(lhs:rhs:)
    PostgresRowSequence: AsyncIterator Element collect() makeAsyncIterator()
    PostgresRowSequence.AsyncIterator: Element next() next(isolation:)
    PostgresTransactionError: beginError closureError commitError file line rollbackError
    String: encode(into:context:) init(from:type:format:context:) psqlArrayType psqlFormat psqlType
    UUID: encode(into:context:) init(from:type:format:context:) psqlArrayType psqlFormat psqlType
    """

/// The same with a parameter fewer, which has a default in PostgresNIO: the event loops, of which there are none here.
let postgresNIOSymbolsWithoutEventLoops = """
    PostgresClient: init(configuration:backgroundLogger:)
    PostgresConnection: connect(configuration:id:logger:)
    """
