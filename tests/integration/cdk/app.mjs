// The stack of Glue's constructs that test_cloudformation.py deploys, of AWS's CDK. To write its template anew:
//   npm install aws-cdk-lib constructs @aws-cdk/aws-glue-alpha && CDK_OUTDIR=out node app.mjs
// and take out/Shop.template.json. A table's partition indexes are left out: they are a Lambda function.
import * as cdk from 'aws-cdk-lib';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as l2 from '@aws-cdk/aws-glue-alpha';

const app = new cdk.App({ context: { 'aws:cdk:enable-path-metadata': false } });
const stack = new cdk.Stack(app, 'Shop');
const lake = new s3.Bucket(stack, 'Lake', { removalPolicy: cdk.RemovalPolicy.DESTROY });
const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('glue.amazonaws.com') });
const database = new l2.Database(stack, 'Database', { databaseName: 'cdk_shop', description: 'sales' });
const table = new l2.S3Table(stack, 'Orders', {
  database, bucket: lake, s3Prefix: 'orders/', tableName: 'orders',
  columns: [{ name: 'id', type: l2.Schema.BIG_INT }, { name: 'lines', type: l2.Schema.array({ inputString: 'struct<sku:string>', isPrimitive: false }) }],
  partitionKeys: [{ name: 'day', type: l2.Schema.STRING }],
  dataFormat: l2.DataFormat.JSON,
});
const key = new l2.SecurityConfiguration(stack, 'Security', {
  securityConfigurationName: 'cdk_security', s3Encryption: { mode: l2.S3EncryptionMode.S3_MANAGED },
});
const connection = new l2.Connection(stack, 'Connection', {
  connectionName: 'cdk_connection', type: l2.ConnectionType.JDBC,
  properties: { JDBC_CONNECTION_URL: 'jdbc:postgresql://127.0.0.1:5432/shop', USERNAME: 'clerk', PASSWORD: 'secret' },
});
const job = new l2.PySparkEtlJob(stack, 'Load', {
  jobName: 'cdk_load', role, script: l2.Code.fromBucket(lake, 'scripts/load.py'), glueVersion: l2.GlueVersion.V5_0,
  workerType: l2.WorkerType.G_1X, numberOfWorkers: 2, maxConcurrentRuns: 3, timeout: cdk.Duration.minutes(30),
  defaultArguments: { '--day': '2024-01-01' }, connections: [connection], securityConfiguration: key,
});
const shell = new l2.PythonShellJob(stack, 'Shell', { jobName: 'cdk_shell', role, script: l2.Code.fromBucket(lake, 'scripts/s.py') });
const flow = new l2.Workflow(stack, 'Flow', { workflowName: 'cdk_flow', defaultRunProperties: { a: 'b' } });
flow.addConditionalTrigger('Then', { name: 'cdk_then', actions: [{ job: shell }],
  predicate: { conditions: [{ job, state: l2.JobState.SUCCEEDED }] } });
flow.addDailyScheduledTrigger('Daily', { name: 'cdk_daily', actions: [{ job }], startOnCreation: false });
new glue.CfnTrigger(stack, 'ByHand', { name: 'cdk_start', type: 'ON_DEMAND', actions: [{ jobName: job.jobName, arguments: { '--day': '2024-01-02' } }] });
const classifier = new glue.CfnClassifier(stack, 'Classifier', { csvClassifier: { name: 'cdk_csv', delimiter: ';', header: ['a', 'b'], containsHeader: 'PRESENT' } });
const crawler = new glue.CfnCrawler(stack, 'Crawler', {
  name: 'cdk_crawler', role: role.roleArn, databaseName: database.databaseName, classifiers: [classifier.ref],
  targets: { s3Targets: [{ path: `s3://${lake.bucketName}/orders/`, exclusions: ['**.tmp'] }] },
  schedule: { scheduleExpression: 'cron(15 12 * * ? *)' }, schemaChangePolicy: { deleteBehavior: 'LOG', updateBehavior: 'UPDATE_IN_DATABASE' },
  recrawlPolicy: { recrawlBehavior: 'CRAWL_EVERYTHING' }, tags: { team: 'sales' },
});
new glue.CfnPartition(stack, 'Partition', {
  catalogId: stack.account, databaseName: database.databaseName, tableName: table.tableName,
  partitionInput: { values: ['2024-01-01'], storageDescriptor: { location: `s3://${lake.bucketName}/orders/day=2024-01-01/`, columns: [{ name: 'id', type: 'bigint' }] } },
});
new glue.CfnDataCatalogEncryptionSettings(stack, 'Settings', {
  catalogId: stack.account, dataCatalogEncryptionSettings: { encryptionAtRest: { catalogEncryptionMode: 'DISABLED' }, connectionPasswordEncryption: { returnConnectionPasswordEncrypted: false } },
});
new cdk.CfnOutput(stack, 'JobName', { value: job.jobName });
app.synth();
